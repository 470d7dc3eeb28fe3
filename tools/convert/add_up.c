/* add_up.c - see add_up.h. */
#include "add_up.h"

#include "../base/progress.h"
#include "../trace/read/live.h"

#include <stdlib.h>

#define NS_PER_US 1000

/* --- Objects ------------------------------------------------------------------------------------------ */

struct reading {
    struct profile *profile;
    struct live live;  /* the note is the microsecond when it began */
    uint32_t *site_of; /* by object */
    uint64_t now_us;
};

static void end(struct reading *reading, uint64_t object) {
    struct live_entry was;
    if (object == OBJECT_NONE || !live_end(&reading->live, object, &was))
        return;
    struct profile_site *site = &reading->profile->sites[reading->site_of[object]];
    site->now_bytes -= was.size;
    site->now_objects--;
    site->lifetime_us += reading->now_us - was.note;
}

static bool begin(struct reading *reading, const struct operation *operation) {
    uint32_t number = operation->site < reading->profile->site_count ? operation->site : SITE_NONE;
    struct profile_site *site = &reading->profile->sites[number];
    reading->site_of[operation->object] = number;
    site->bytes += operation->size;
    site->objects++;
    site->now_bytes += operation->size;
    site->now_objects++;
    if (site->now_bytes > site->most_bytes) {
        site->most_bytes = site->now_bytes;
        site->most_objects = site->now_objects;
    }
    return live_begin(&reading->live, operation->object, operation->size, reading->now_us);
}

static void keep_peak(struct profile *profile) {
    for (uint32_t number = 0; number < profile->site_count; number++) {
        struct profile_site *site = &profile->sites[number];
        site->peak_bytes = site->now_bytes;
        site->peak_objects = site->now_objects;
    }
}

static bool read_all(struct reading *reading, const struct trace *trace) {
    struct trace_cursor *cursor = trace_cursor_open(trace);
    const struct trace_totals *totals = trace_totals(trace);
    struct operation operation;
    bool good = cursor && reading->site_of;
    while (good && trace_next(cursor, &operation)) {
        uint64_t now = operation.time_ns / NS_PER_US;
        reading->now_us = now > reading->now_us ? now : reading->now_us;
        end(reading, operation_ended_object(&operation));
        good = !operation_begins_object(&operation) || begin(reading, &operation);
        if (operation.number == totals->peak_after) {
            keep_peak(reading->profile);
            reading->profile->peak_us = reading->now_us;
        }
        if (operation.number % 65536 == 0)
            progress_show("adding up", operation.number, totals->operations);
    }
    trace_cursor_close(cursor);
    return good;
}

/* What is live at the end has lived until then. */
static void end_all(struct reading *reading, uint64_t objects) {
    struct profile *profile = reading->profile;
    profile->end_us = reading->now_us;
    for (uint32_t number = 0; number < profile->site_count; number++) {
        profile->sites[number].end_bytes = profile->sites[number].now_bytes;
        profile->sites[number].end_objects = profile->sites[number].now_objects;
    }
    for (uint64_t object = 0; object < objects; object++)
        end(reading, object);
}

/* --- Frames ------------------------------------------------------------------------------------------- */

static int by_address(const void *one, const void *other) {
    const struct trace_frame *left = one, *right = other;
    if (left->module != right->module)
        return left->module < right->module ? -1 : 1;
    return left->address < right->address ? -1 : left->address > right->address;
}

/* `places` gets the place in the profile of each frame's innermost function. */
static bool name_frames(struct profile *profile, const struct trace *trace, const struct trace_frame *frames,
                        size_t count, uint32_t *places) {
    struct symbol symbols[SYMBOLS_MOST];
    for (size_t at = 0; at < count; at++) {
        unsigned found = symbols_find(trace, &frames[at], symbols);
        if (!profile_add_frame(profile, symbols, found, &places[at]))
            return false;
        progress_show("naming", at, count);
    }
    return true;
}

static bool number_frames(struct profile *profile, const struct trace *trace) {
    struct trace_frame found[TRACE_FRAMES_MOST];
    size_t count = 0, all = 0, different = 0;
    for (uint32_t site = 1; site < profile->site_count; site++)
        all += profile->sites[site].objects ? trace_site(trace, site, found, TRACE_FRAMES_MOST) : 0;
    struct trace_frame *frames = malloc((all + 1) * sizeof *frames);
    if (!frames)
        return false;
    for (uint32_t site = 1; site < profile->site_count; site++)
        if (profile->sites[site].objects)
            count += trace_site(trace, site, frames + count, TRACE_FRAMES_MOST);
    qsort(frames, count, sizeof *frames, by_address);
    for (size_t at = 0; at < count; at++)
        if (!at || by_address(&frames[different - 1], &frames[at]) != 0)
            frames[different++] = frames[at];
    uint32_t *places = malloc((different + 1) * sizeof *places);
    bool done = places && name_frames(profile, trace, frames, different, places);
    for (uint32_t number = 1; done && number < profile->site_count; number++) {
        struct profile_site *site = &profile->sites[number];
        unsigned depth = site->objects ? trace_site(trace, number, found, TRACE_FRAMES_MOST) : 0;
        for (unsigned at = 0; at < depth; at++) {
            const struct trace_frame *frame =
                bsearch(&found[at], frames, different, sizeof *frame, by_address);
            profile_site_add(profile, site, places[frame - frames]);
        }
    }
    free(places);
    free(frames);
    return done;
}

/* The program lies below its libraries. */
static const char *find_program(const struct trace *trace) {
    const struct trace_module *lowest = NULL, *module;
    for (uint32_t number = 0; (module = trace_module(trace, number)); number++)
        if (!lowest || module->start < lowest->start)
            lowest = module;
    return lowest ? symbol_module(lowest->path) : NULL;
}

bool add_up(struct profile *profile, const struct trace *trace) {
    uint64_t objects = trace_totals(trace)->objects;
    struct reading reading = {.profile = profile};
    *profile = (struct profile){.command = trace_command(trace),
                                .program = find_program(trace),
                                .pid = trace_pid(trace),
                                .site_count = trace_sites(trace) + 1};
    profile->sites = calloc(profile->site_count, sizeof *profile->sites);
    reading.site_of = calloc(objects + 1, sizeof *reading.site_of);
    bool good = profile->sites && read_all(&reading, trace);
    if (good)
        end_all(&reading, objects);
    live_free(&reading.live);
    free(reading.site_of);
    return good && number_frames(profile, trace);
}
