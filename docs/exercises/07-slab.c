/* 07-slab.c - a slab: equal slots in one piece of memory. It writes to all of it before anybody asks, and believes
 * every pointer that comes back. Mend both. */
#include <stdbool.h>
#include <stddef.h>

struct slab {
    char *start;
    size_t bytes, slot;
    void *free; /* a free slot holds the link to the next */
};

void slab_open(struct slab *slab, void *memory, size_t bytes, size_t slot) {
    *slab = (struct slab){.start = memory, .bytes = bytes, .slot = slot};
    for (size_t at = bytes / slot * slot; at; at -= slot) {
        void **last = (void **)(slab->start + at - slot);
        *last = slab->free;
        slab->free = last;
    }
}

void *slab_take(struct slab *slab) {
    void **slot = slab->free;
    if (slot)
        slab->free = *slot;
    return slot;
}

/* False, and nothing changed, where no slot starts. */
bool slab_give(struct slab *slab, void *ptr) {
    *(void **)ptr = slab->free;
    slab->free = ptr;
    return true;
}
