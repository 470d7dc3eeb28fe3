/*
 * huge.c - see huge.h. Layer 5.
 */
#include "huge.h"

#include "conf.h"
#include "platform.h"

/* For a region of RESERVE_BYTES; a larger one has its first part only in here. 64 KiB, touched only
 * where the wish was made. */
static uint64_t wished[RESERVE_BYTES / HUGE_STEP_BYTES / 64];

/* Changes the bit of a step; true if it was otherwise before. */
static bool huge_change(size_t step, bool wanted) {
    uint64_t bit = (uint64_t)1 << (step % 64);
    uint64_t *word = &wished[step / 64];
    if (!(load_relaxed(word) & bit) != wanted)
        return false;
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

static size_t offset_of(const void *start) {
    return (size_t)((const char *)start - region.base);
}

INTERNAL void huge_ask(void *start, size_t bytes) {
    size_t from = max_size(offset_of(start), HUGE_FROM_BYTES), to = offset_of(start) + bytes;
    if (conf.thp == CONF_THP_GROWN)
        huge_change_all(align_up(from, HUGE_STEP_BYTES) / HUGE_STEP_BYTES, to / HUGE_STEP_BYTES, true);
}

INTERNAL void huge_refuse(void *start, size_t bytes) {
    size_t from = max_size(offset_of(start), HUGE_FROM_BYTES), to = offset_of(start) + bytes;
    if (conf.thp == CONF_THP_GROWN)
        huge_change_all(from / HUGE_STEP_BYTES, align_up(to, HUGE_STEP_BYTES) / HUGE_STEP_BYTES, false);
}
