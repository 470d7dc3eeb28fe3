/* sample.c - see sample.h. */
#include "sample.h"

#include "guard.h"
#include "../base/probe.h"

/* --- When ------------------------------------------------------------------------------------- */

/* Numbers in turn, well mixed. Source: G. Steele et al., "Fast Splittable Pseudorandom Number Generators"
 * (2014). */
static uint64_t random_bits(void) {
    static uint64_t turn;
    uint64_t bits = __atomic_add_fetch(&turn, 0x9e3779b97f4a7c15u, __ATOMIC_RELAXED) ^ platform_secret();
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
    return bits ^ bits >> 31;
}

/* Exponential, with mean 1: minus the logarithm of a random number between 0 and 1. That is
 * m / 2^(zeros + 1), with m from 1 to 2. The series of the inverse hyperbolic tangent has the logarithm of m
 * to five digits. */
static double exponential(void) {
    uint64_t bits = random_bits() | 1;
    int zeros = __builtin_clzll(bits);
    double m = (double)(bits << zeros) * 0x1p-63, t = (m - 1) / (m + 1), s = t * t;
    return (zeros + 1) * 0.69314718055994531 - 2 * t * (1 + s / 3 + s * s / 5 + s * s * s / 7);
}

static uint64_t distance(size_t mean) {
    return 1 + (uint64_t)(exponential() * (double)mean);
}

INTERNAL bool sample_is_due(uint64_t *until, size_t bytes, size_t mean) {
    if (!*until)
        *until = distance(mean);
    return *until <= bytes || bytes >= mean;
}

INTERNAL uint64_t sample_weight(uint64_t *until, size_t bytes, size_t mean) {
    uint64_t weight = 0;
    if (bytes >= mean)
        return bytes;
    for (; sample_is_due(until, bytes, mean); *until += distance(mean))
        weight += mean;
    *until -= bytes;
    return weight;
}

INTERNAL void sample_frees(uint64_t *until, struct slab *slab, void **list) {
    uint64_t slot = slot_bytes(slab->size_class);
    if (slab->list == list)
        *until -= min_size(*until, (ACTIVE_FREES - slab->frees_left) * slot);
    slab->list = *until > ACTIVE_FREES * slot ? list : &slab->free;
    slab->frees_left = ACTIVE_FREES;
}

/* Slots that were carved need no walk. */
INTERNAL void sample_cut(uint64_t *until, struct slab *slab, void **list, char *last_before) {
    uint64_t slot = slot_bytes(slab->size_class), before_point = (*until - 1) / slot;
    uint64_t slots = slab_slot_number(slab, last_before);
    void *last = *list, *rest = NULL;
    if (!slots || slots > before_point) {
        for (slots = 1; (rest = slot_next(last)) && slots < before_point; last = rest)
            slots++;
    }
    if (rest)
        slot_set_free(last, NULL);
    *until -= min_size(*until, slots * slot);
    slab->free = rest;
    sample_frees(until, slab, list);
}

/* --- What ------------------------------------------------------------------------------------- */

/* A block that grew from `had` bytes in its place was counted as an object, and for these, before. */
static void describe(struct sample *sample, size_t size, size_t bytes, uint64_t weight, size_t had) {
    sample->size = size;
    sample->weight = weight;
    sample->birth = (uint32_t)(platform_milliseconds() / 1000);
    sample->site = site_here();
    struct site *table = load_relaxed(&sites);
    if (table) {
        count_always(&table[sample->site].objects, had ? 0 : (weight + bytes / 2) / bytes);
        count_always(&table[sample->site].bytes, weight == bytes ? weight - had : weight);
    }
    PROBE_ALLOC(sample->object, size, weight);
}

static void describe_block(void *block, size_t size, size_t bytes, uint64_t weight, size_t had) {
    struct sample *sample = sample_of(block);
    sample->object = block;
    describe(sample, size, bytes, weight, had);
    store_release(&unit_of(block)->kind, UNIT_SAMPLED);
}

INTERNAL void *sample_take(size_t size, size_t bytes, uint64_t weight) {
    struct sample *guarded = conf.guard_bytes ? guard_take(size, bytes) : NULL;
    if (guarded) {
        describe(guarded, size, bytes, weight, 0);
        return guarded->object;
    }
    void *block = large_take(bytes, 1, false);
    if (block)
        describe_block(block, size, bytes, weight, 0);
    return block;
}

INTERNAL void sample_large(uint64_t *until, void *block, size_t size, size_t had) {
    size_t whole = region_block_bytes(block), mean = load_relaxed(&conf.sample_bytes);
    uint64_t weight = whole >= mean ? whole : sample_weight(until, whole - had, mean);
    if (weight)
        describe_block(block, size, whole, weight, had);
}
