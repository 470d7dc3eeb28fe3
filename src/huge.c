/*
 * huge.c - see huge.h. Layer 5.
 */
#include "huge.h"

#include "conf.h"
#include "counters.h"
#include "platform.h"

/* For a region of RESERVE_BYTES, the largest there is. 64 KiB, touched only where the wish was made. */
static RARELY_TOUCHED uint64_t wished[RESERVE_BYTES / HUGE_STEP_BYTES / 64];

/* Places where a step is wished and its neighbour is not: the kernel has a mapping on each side. Where two
 * threads change neighbours at once, the count may be two off. */
static ptrdiff_t edges;

/* Large blocks with small pages that came back: their bytes, and how many of those were resident. Only a
 * figure: where two threads add at once, one may be lost. */
static size_t blocks_bytes, blocks_resident_bytes;

static bool is_wished(size_t step) {
    return load_relaxed(&wished[step / 64]) >> (step % 64) & 1;
}

static void change_bit(size_t step, bool wanted) {
    uint64_t bit = (uint64_t)1 << (step % 64), *word = &wished[step / 64];
    if (wanted)
        __atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
    else
        __atomic_fetch_and(word, ~bit, __ATOMIC_RELAXED);
}

/* By how many edges there are more when a stretch that had one wish has the other: 2, 0 or -2. */
static ptrdiff_t more_edges(size_t from, size_t end, bool wanted) {
    bool before = from > 0 && is_wished(from - 1), after = end < sizeof wished * 8 && is_wished(end);
    return 2 * ((before != wanted) + (after != wanted)) - 2;
}

/* One call for each stretch of steps whose bit changes; but none that would make more edges where so many are
 * that mappings could run out, which threads and mmap need as well. */
static void huge_change_all(size_t step, size_t end, bool wanted) {
    end = min_size(end, sizeof wished * 8);
    while (step < end) {
        size_t from = step;
        while (step < end && is_wished(step) != wanted)
            step++;
        if (step == from) {
            step++;
            continue;
        }
        ptrdiff_t more = more_edges(from, step, wanted);
        if (more > 0 && load_relaxed(&edges) >= HUGE_EDGES_MOST)
            continue;
        __atomic_fetch_add(&edges, more, __ATOMIC_RELAXED);
        for (size_t each = from; each < step; each++)
            change_bit(each, wanted);
        platform_huge_pages(region.base + from * HUGE_STEP_BYTES, (step - from) * HUGE_STEP_BYTES, wanted);
    }
}

static size_t offset_of(const void *start) {
    return (size_t)((const char *)start - region.base);
}

INTERNAL void huge_ask(void *start, size_t bytes) {
    size_t from = max_size(offset_of(start), HUGE_FROM_BYTES), to = offset_of(start) + bytes;
    bool blocks_are_full = load_relaxed(&blocks_resident_bytes) >= load_relaxed(&blocks_bytes) / 2;
    if (conf.thp == CONF_THP_GROWN && blocks_are_full)
        huge_change_all(align_up(from, HUGE_STEP_BYTES) / HUGE_STEP_BYTES, to / HUGE_STEP_BYTES, true);
}

INTERNAL void huge_refuse(void *start, size_t bytes) {
    size_t from = max_size(offset_of(start), HUGE_FROM_BYTES), to = offset_of(start) + bytes;
    if (conf.thp == CONF_THP_GROWN)
        huge_change_all(from / HUGE_STEP_BYTES, align_up(to, HUGE_STEP_BYTES) / HUGE_STEP_BYTES, false);
}

static bool any_wished(size_t from, size_t to) {
    size_t end = min_size(to / HUGE_STEP_BYTES + 1, sizeof wished * 8);
    for (size_t step = from / HUGE_STEP_BYTES; step < end; step++)
        if (is_wished(step))
            return true;
    return false;
}

INTERNAL void huge_learn(void *start, size_t bytes) {
    static size_t calls;
    size_t from = offset_of(start), number = load_relaxed(&calls);
    if (conf.thp != CONF_THP_GROWN || bytes < HUGE_LEAST_BYTES || any_wished(from, from + bytes))
        return;
    store_relaxed(&calls, number + 1);
    if (number >= HUGE_LOOKS && number % HUGE_LOOKS)
        return;
    size_t sum = load_relaxed(&blocks_bytes) + bytes;
    size_t resident = load_relaxed(&blocks_resident_bytes) + platform_resident(start, bytes);
    unsigned halve = sum > HUGE_SEEN_BYTES;
    store_relaxed(&blocks_bytes, sum >> halve);
    store_relaxed(&blocks_resident_bytes, resident >> halve);
}
