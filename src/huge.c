/*
 * huge.c - see huge.h. Layer 5.
 */
#include "huge.h"

#include "conf.h"
#include "platform.h"

/* For a region of RESERVE_BYTES; a larger one has its first part only in here. 64 KiB, touched only
 * where the wish was made. */
static uint64_t wished[RESERVE_BYTES / HUGE_STEP_BYTES / 64];
static bool any_wish;

/* Changes the bit of a step; true if it was otherwise before. */
static bool huge_change(size_t step, bool wanted) {
    uint64_t bit = (uint64_t)1 << (step % 64);
    uint64_t *word = &wished[step / 64];
    uint64_t old = wanted ? __atomic_fetch_or(word, bit, __ATOMIC_RELAXED)
                          : __atomic_fetch_and(word, ~bit, __ATOMIC_RELAXED);
    return !(old & bit) == wanted;
}

/* One call for each stretch of steps whose bit changes. */
static void huge_change_all(size_t step, size_t end, bool wanted) {
    end = min_size(end, sizeof wished * 8);
    while (step < end) {
        size_t from = step;
        while (step < end && huge_change(step, wanted))
            step++;
        if (step > from)
            platform_huge_pages(region.base + from * HUGE_STEP_BYTES, (step - from) * HUGE_STEP_BYTES,
                                wanted);
        else
            step++;
    }
}

INTERNAL void huge_ask(void *block, size_t bytes) {
    size_t offset = (size_t)((char *)block - region.base);
    if (conf.thp != CONF_THP_LARGE || bytes < HUGE_LEAST_BYTES)
        return;
    store_relaxed(&any_wish, true);
    huge_change_all(align_up(offset, HUGE_STEP_BYTES) / HUGE_STEP_BYTES, (offset + bytes) / HUGE_STEP_BYTES,
                    true);
}

INTERNAL void huge_refuse(void *block, size_t bytes) {
    size_t offset = (size_t)((char *)block - region.base);
    if (load_relaxed(&any_wish))
        huge_change_all(offset / HUGE_STEP_BYTES, align_up(offset + bytes, HUGE_STEP_BYTES) / HUGE_STEP_BYTES,
                        false);
}
