/* pins.c - see pins.h. */
#include "pins.h"

#include "pins_mix.h"
#include "../live/target.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTS_MOST 2048 /* that are looked at, of a class */
#define SITES_MOST 128    /* of a class; the others' samples are left out */
#define SAMPLES_MOST 4096

/* --- Which objects pin --------------------------------------------------------------------------------- */

/* As on a line of all pinned bytes: the object at every `step`-th byte is taken. */
struct walk {
    const struct view *view;
    uint32_t slot_bytes;
    double step, next, passed; /* step 0: only adds up */
    uint64_t address[OBJECTS_MOST];
    size_t count;
};

/* A page of a slab. Its objects share the free bytes. Places count from the slab. */
static void walk_page(struct walk *walk, const struct view_block *slab, uint64_t from, uint64_t to) {
    uint64_t first = from / slab->slot_bytes, end = (to + slab->slot_bytes - 1) / slab->slot_bytes;
    uint64_t used = 0, free_bytes = 0;
    end = end < slab->carved ? end : slab->carved;
    for (uint64_t slot = first; slot < end; slot++) {
        uint64_t low = slot * slab->slot_bytes, high = low + slab->slot_bytes;
        bool is_used = slab->slots[slot] == SLOT_USED;
        used += is_used;
        free_bytes += is_used ? 0 : (high < to ? high : to) - (low > from ? low : from);
    }
    for (uint64_t slot = first; used && slot < end; slot++) {
        if (slab->slots[slot] != SLOT_USED)
            continue;
        walk->passed += (double)free_bytes / (double)used;
        if (walk->step > 0 && walk->passed >= walk->next && walk->count < OBJECTS_MOST) {
            walk->address[walk->count++] = walk->view->base + slab->start + slot * slab->slot_bytes;
            while (walk->next <= walk->passed)
                walk->next += walk->step;
        }
    }
}

static void walk_class(struct walk *walk) {
    const struct view *view = walk->view;
    walk->passed = 0;
    for (size_t index = 0; index < view->block_count; index++) {
        const struct view_block *slab = &view->blocks[index];
        if (slab->kind != VIEW_SLAB || slab->slot_bytes != walk->slot_bytes || !slab->slots)
            continue;
        uint64_t first = slab->start / view->page_bytes;
        for (uint64_t page = 0; page < slab->bytes / view->page_bytes; page++)
            if (view_is_resident(view, first + page))
                walk_page(walk, slab, page * view->page_bytes, (page + 1) * view->page_bytes);
    }
}

/* --- What they look like ------------------------------------------------------------------------------- */

static struct look_words look_at(const struct target *target, uint64_t address, uint64_t bytes) {
    struct look_words look = {.site = 0};
    far_read_sparse(&target->far, address, look.word, bytes < sizeof look.word ? bytes : sizeof look.word);
    return look;
}

/* The slot of an object that is asked for with so many bytes (src/slab/size_class.h): steps of 16 up to 128,
 * then 8 steps a doubling. */
static uint64_t slot_for(uint64_t size) {
    uint64_t step = size <= 128 ? 16 : (uint64_t)1 << (60 - __builtin_clzll(size - 1));
    return size ? (size + step - 1) / step * step : 0;
}

struct mixing {
    struct look_words samples[SAMPLES_MOST], objects[OBJECTS_MOST];
    uint32_t sites[SITES_MOST]; /* the numbers of the samples' sites */
    double shares[SITES_MOST];
    size_t sample_count, site_count;
};

static void add_sample(struct mixing *mixing, const struct target *target,
                       const struct samples_object *object, uint64_t slot_bytes) {
    size_t site = 0;
    while (site < mixing->site_count && mixing->sites[site] != object->site)
        site++;
    if (site == SITES_MOST || mixing->sample_count == SAMPLES_MOST)
        return;
    if (site == mixing->site_count)
        mixing->sites[mixing->site_count++] = object->site;
    mixing->shares[site] += (double)object->weight;
    struct look_words *look = &mixing->samples[mixing->sample_count++];
    *look = look_at(target, object->address, slot_bytes);
    look->site = (uint32_t)site;
}

/* --- A class ------------------------------------------------------------------------------------------- */

/* The largest shares, in order. */
static void keep_largest(struct mixing *mixing, struct pins_class *class) {
    for (class->site_count = 0; class->site_count < PINS_SITES_MOST; class->site_count++) {
        size_t best = 0;
        for (size_t site = 1; site < mixing->site_count; site++)
            best = mixing->shares[site] > mixing->shares[best] ? site : best;
        if (!mixing->site_count || mixing->shares[best] <= 0)
            return;
        class->sites[class->site_count].site = mixing->sites[best];
        class->sites[class->site_count].share = mixing->shares[best];
        mixing->shares[best] = 0;
    }
}

static bool find_class(const struct target *target, const struct samples *samples, struct walk *walk,
                       struct mixing *mixing, struct pins_class *class) {
    double all = 0;
    *mixing = (struct mixing){.sample_count = 0};
    walk->slot_bytes = class->slot_bytes;
    walk->count = 0;
    walk->step = (double)class->pinned_bytes / OBJECTS_MOST;
    walk->next = walk->step / 2;
    walk_class(walk);
    for (size_t at = 0; at < walk->count; at++)
        mixing->objects[at] = look_at(target, walk->address[at], class->slot_bytes);
    for (size_t at = 0; at < samples->object_count; at++)
        if (slot_for(samples->objects[at].size) == class->slot_bytes)
            add_sample(mixing, target, &samples->objects[at], class->slot_bytes);
    for (size_t site = 0; site < mixing->site_count; site++)
        all += mixing->shares[site];
    for (size_t site = 0; site < mixing->site_count; site++)
        mixing->shares[site] /= all;
    class->seen = walk->count;
    class->samples = mixing->sample_count;
    bool done = !mixing->sample_count || pins_mix(mixing->samples, mixing->sample_count, mixing->objects,
                                                  walk->count, mixing->shares, mixing->site_count);
    keep_largest(mixing, class);
    return done;
}

/* --- All classes --------------------------------------------------------------------------------------- */

static int by_pinned(const void *one, const void *other) {
    const struct pins_class *left = one, *right = other;
    return (left->pinned_bytes < right->pinned_bytes) - (left->pinned_bytes > right->pinned_bytes);
}

/* A class that pins less than all that are kept takes nobody's place. */
static void find_classes(struct walk *walk, struct pins *pins) {
    uint32_t last = 0;
    for (;;) {
        uint32_t next = UINT32_MAX; /* slot sizes in their order */
        for (size_t index = 0; index < walk->view->block_count; index++) {
            const struct view_block *block = &walk->view->blocks[index];
            if (block->kind == VIEW_SLAB && block->slot_bytes > last && block->slot_bytes < next)
                next = block->slot_bytes;
        }
        if (next == UINT32_MAX)
            return;
        walk->slot_bytes = last = next;
        walk_class(walk);
        struct pins_class class = {.slot_bytes = next, .pinned_bytes = (uint64_t)(walk->passed + 0.5)};
        size_t place = pins->count < PINS_CLASSES_MOST ? pins->count : PINS_CLASSES_MOST - 1;
        if (class.pinned_bytes < PINS_LEAST_BYTES ||
            (place < pins->count && pins->classes[place].pinned_bytes >= class.pinned_bytes))
            continue;
        pins->classes[place] = class;
        pins->count = place + 1;
        qsort(pins->classes, pins->count, sizeof class, by_pinned);
    }
}

const char *pins_find(pid_t pid, const struct view *view, const struct samples *samples, struct pins *pins) {
    struct target target;
    *pins = (struct pins){.count = 0};
    const char *why = target_open(&target, pid);
    if (why)
        return why;
    struct walk *walk = calloc(1, sizeof *walk);
    struct mixing *mixing = malloc(sizeof *mixing);
    bool done = walk && mixing;
    if (done) {
        walk->view = view;
        find_classes(walk, pins);
    }
    for (size_t index = 0; done && index < pins->count; index++)
        done = find_class(&target, samples, walk, mixing, &pins->classes[index]);
    free(walk);
    free(mixing);
    target_close(&target);
    return done ? NULL : "out of memory";
}
