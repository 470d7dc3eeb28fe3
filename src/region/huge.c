/*
 * huge.c - where huge pages are wished for.
 *
 *      2 MiB steps     | small | small | huge  | huge  | small | huge  |  frontier
 *
 * A fault on a huge page costs a quarter of 512 faults on small ones (docs/decisions/returning-memory.md).
 * But a touch makes 2 MiB resident. So huge pages are wished for only where memory is dense (dense.c). The
 * wish is taken back where less than a step was purged: the system might fill the step again by itself.
 */
#include "region.h"

/* A bit for each step of the largest region: wished for. The thread that changes it makes the system call. */
static RARELY_TOUCHED uint64_t wished[UNITS_MOST * UNIT_BYTES / HUGE_STEP_BYTES / 64 + 1];

/* Places where a step is wished for and its neighbour is not: the kernel has a mapping on each side. Threads
 * that change neighbours at once may put it two off. */
static ptrdiff_t edges;

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

/* How the number of edges changes when all of a stretch changes its wish: by 2, 0 or -2. */
static ptrdiff_t more_edges(size_t from, size_t end, bool wanted) {
    bool before = from > 0 && is_wished(from - 1), after = end < sizeof wished * 8 && is_wished(end);
    return 2 * ((before != wanted) + (after != wanted)) - 2;
}

/* One call for each stretch of steps whose bit changes. No edges are added to HUGE_EDGES_MOST: threads and
 * mmap need mappings as well. */
static void change_steps(size_t step, size_t end, bool wanted) {
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

static size_t step_at(const char *place) {
    return (size_t)(place - region.base) / HUGE_STEP_BYTES;
}

INTERNAL void huge_wish(void *start, size_t bytes, bool wanted) {
    if (bytes && conf.thp == CONF_THP_GROWN)
        change_steps(step_at(start), step_at((char *)start + bytes - 1) + 1, wanted);
}

INTERNAL bool huge_is_wished(const void *start, size_t bytes) {
    size_t end = step_at((const char *)start + bytes - 1);
    for (size_t step = step_at(start); step <= end; step++)
        if (is_wished(step))
            return true;
    return false;
}
