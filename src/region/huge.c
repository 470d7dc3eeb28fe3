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

/* A byte for each step of the largest region: threads may change neighbours at once. The thread that changes
 * it makes the system call. */
static RARELY_TOUCHED bool is_wished[RESERVE_BYTES / HUGE_STEP_BYTES];

/* Places where a step is wished for and its neighbour is not: the kernel has a mapping on each side. Threads
 * that change neighbours at once may put it two off. */
static ptrdiff_t edges;

/* How the number of edges changes when all of a stretch changes its wish: by 2, 0 or -2. */
static ptrdiff_t more_edges(size_t from, size_t end, bool wanted) {
    bool before = from > 0 && load_relaxed(&is_wished[from - 1]);
    bool after = end < sizeof is_wished && load_relaxed(&is_wished[end]);
    return 2 * ((before != wanted) + (after != wanted)) - 2;
}

/* One call for each stretch of steps whose wish changes. No edges are added to HUGE_EDGES_MOST: threads and
 * mmap need mappings as well. */
static void change_steps(size_t step, size_t end, bool wanted) {
    while (step < end) {
        size_t from = step;
        while (step < end && load_relaxed(&is_wished[step]) != wanted)
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
            store_relaxed(&is_wished[each], wanted);
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
        if (load_relaxed(&is_wished[step]))
            return true;
    return false;
}
