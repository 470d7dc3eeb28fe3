/* 07-slab.c - a slab: equal slots in one piece of memory. Nothing is written before it is needed, and only slots
 * come back. */
#include <stdbool.h>
#include <stddef.h>

struct slab {
    char *start, *end; /* of the slots carved so far */
    size_t bytes, slot;
    void *free; /* a free slot holds the link to the next */
};

void slab_open(struct slab *slab, void *memory, size_t bytes, size_t slot) {
    *slab = (struct slab){.start = memory, .end = memory, .bytes = bytes, .slot = slot};
}

/* Slots up to the end of a page: the first of them touches it anyway. The last may reach into the next page, but
 * its link does not. */
static void carve(struct slab *slab) {
    size_t limit = slab->bytes / slab->slot * slab->slot;
    size_t from = (size_t)(slab->end - slab->start), page_end = (from / 4096 + 1) * 4096, to = from;
    while (to < page_end && to < limit)
        to += slab->slot;
    for (size_t at = to; at > from; at -= slab->slot) {
        void **slot = (void **)(slab->start + at - slab->slot);
        *slot = slab->free;
        slab->free = slot;
    }
    slab->end = slab->start + to;
}

void *slab_take(struct slab *slab) {
    if (!slab->free)
        carve(slab);
    void **slot = slab->free;
    if (slot)
        slab->free = *slot;
    return slot;
}

/* False, and nothing changed, where no slot starts. */
bool slab_give(struct slab *slab, void *ptr) {
    char *at = ptr;
    if (at < slab->start || at >= slab->end || (size_t)(at - slab->start) % slab->slot)
        return false;
    *(void **)ptr = slab->free;
    slab->free = ptr;
    return true;
}
