/* sampled.c - see sampled.h. */
#include "sampled.h"

#ifndef HALLOC_LIBDW

const char *sampled_profile(pid_t pid, const struct samples *samples, uint64_t youngest, uint64_t oldest,
                            struct profile *profile) {
    (void)pid, (void)samples, (void)youngest, (void)oldest, (void)profile;
    return "this command was built without elfutils' libdw (Debian: libdw-dev)";
}

#else
#include "../base/progress.h"
#include "../base/table.h"

#include <elfutils/libdwfl.h>

/* --- Names --------------------------------------------------------------------------------------------- */

static Dwfl *names; /* of the process that was looked at last: symbols keep the names of its modules */

static bool open_names(pid_t pid) {
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo};
    if (names)
        dwfl_end(names);
    names = dwfl_begin(&callbacks);
    return names && dwfl_linux_proc_report(names, pid) == 0 && dwfl_report_end(names, NULL, NULL) == 0;
}

/* The program lies below its libraries. */
static int keep_first(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr start, void *program) {
    (void)module, (void)user, (void)start;
    *(const char **)program = symbol_module(name);
    return DWARF_CB_ABORT;
}

struct numbers {
    struct table places; /* by address: the place in `frames` of its innermost function */
    struct profile *profile;
};

static bool number_frame(struct numbers *numbers, uint64_t address, uint32_t *first) {
    struct symbol symbols[SYMBOLS_MOST];
    struct table_entry *known = table_find(&numbers->places, address);
    if (known) {
        *first = (uint32_t)known->value;
        return true;
    }
    unsigned count = symbols_in_module(dwfl_addrmodule(names, address), address, symbols);
    return profile_add_frame(numbers->profile, symbols, count, first) &&
           table_add(&numbers->places, address, *first);
}

/* --- Sites --------------------------------------------------------------------------------------------- */

/* The allocator's own frames go: those up to the last entry, from the frame number `begin` on. An entry may
 * be inlined, in the loader for one. */
static void drop_entries(const struct profile *profile, struct profile_site *site, uint32_t begin) {
    uint32_t end = site->frame_count;
    while (end > begin && !symbol_is_entry(&profile->frames[site->frames[end - 1]]))
        end--;
    if (end == begin)
        return;
    site->frame_count -= end;
    memmove(site->frames, site->frames + end, site->frame_count * sizeof *site->frames);
}

static bool read_site(struct numbers *numbers, const struct samples_site *from, struct profile_site *site) {
    site->objects = from->objects;
    site->bytes = from->bytes;
    for (uint32_t at = 0; at < from->depth; at++) {
        uint32_t first, begin = site->frame_count;
        if (!number_frame(numbers, from->frame[at], &first))
            return false;
        profile_site_add(numbers->profile, site, first);
        if (at < SYMBOL_ENTRY_MOST)
            drop_entries(numbers->profile, site, begin);
    }
    return true;
}

static void add_object(struct profile_site *site, const struct samples_object *object) {
    uint64_t objects = (object->weight + object->granted / 2) / object->granted; /* as sample.c counts */
    if (!site->peak_objects || object->age_seconds < site->youngest_seconds)
        site->youngest_seconds = object->age_seconds;
    if (object->age_seconds > site->oldest_seconds)
        site->oldest_seconds = object->age_seconds;
    site->peak_bytes += object->weight;
    site->peak_objects += objects;
    site->end_bytes = site->most_bytes = site->peak_bytes;
    site->end_objects = site->most_objects = site->peak_objects;
}

/* A block that grew in its place was not counted again where it was allocated. */
static void count_grown(struct profile_site *site) {
    if (site->objects < site->peak_objects)
        site->objects = site->peak_objects;
}

const char *sampled_profile(pid_t pid, const struct samples *samples, uint64_t youngest, uint64_t oldest,
                            struct profile *profile) {
    struct numbers numbers = {.profile = profile};
    *profile = (struct profile){.command = samples->program, .pid = (uint32_t)pid};
    if (!open_names(pid))
        return "its mappings can't be read: it ended meanwhile";
    dwfl_getmodules(names, keep_first, &profile->program, 0);
    profile->site_count = (uint32_t)samples->site_count;
    profile->sites = calloc(samples->site_count + 1, sizeof *profile->sites);
    bool done = profile->sites;
    for (uint32_t number = 0; done && number < profile->site_count; number++) {
        done = read_site(&numbers, &samples->sites[number], &profile->sites[number]);
        progress_show("naming", number, profile->site_count);
    }
    for (size_t at = 0; done && at < samples->object_count; at++)
        if (samples->objects[at].age_seconds >= youngest && samples->objects[at].age_seconds <= oldest)
            add_object(&profile->sites[samples->objects[at].site], &samples->objects[at]);
    for (uint32_t number = 0; done && number < profile->site_count; number++)
        count_grown(&profile->sites[number]);
    progress_end();
    table_free(&numbers.places);
    return done ? NULL : "out of memory";
}

#endif
