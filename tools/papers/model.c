/* model.c - see model.h. */
#include "model.h"
#include "../../halloc.h"

#include <unistd.h>

static bool note_first(const MemoryBlock *block, void *payload, void *context) {
    (void)block;
    *(char **)context = payload;
    return false;
}

static bool open_heap(struct model *model, const halloc_heap_options *options) {
    *model = (struct model){0};
    if (!model_policy() || !(model->heap = halloc_heap_create(options)))
        return false;
    halloc_heap_walk(model->heap, note_first, &model->base);
    return true;
}

/* In both, a rest of a single unit is split off. */
bool model_open(struct model *model, const char *fit, uint64_t units) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return open_heap(model, &(halloc_heap_options){.fit = fit,
                                                   .pages = (units * MODEL_UNIT_BYTES + page - 1) / page,
                                                   .split_bytes = MODEL_UNIT_BYTES});
}

bool model_open_growing(struct model *model, const char *fit) {
    return open_heap(model, &(halloc_heap_options){.fit = fit,
                                                   .pages = 1,
                                                   .growing = true,
                                                   .step_bytes = (size_t)sysconf(_SC_PAGESIZE),
                                                   .split_bytes = MODEL_UNIT_BYTES});
}

void model_close(struct model *model) {
    halloc_heap_destroy(model->heap);
}

/* The header is the part before the links: those are in the payload, and only while it is free. */
#define HEADER_BYTES offsetof(MemoryBlock, nextFree)

uint64_t model_free_blocks(const struct model *model) {
    halloc_heap_stats stats;
    halloc_heap_get_stats(model->heap, &stats);
    return stats.free_blocks;
}

uint64_t model_place(const struct model *model, const void *block) {
    return (uint64_t)((const char *)block - model->base) / MODEL_UNIT_BYTES;
}

uint64_t model_extent(const struct model *model, void *block) {
    return (halloc_heap_usable_size(model->heap, block) + HEADER_BYTES) / MODEL_UNIT_BYTES;
}

/* Free neighbours are merged, so a free block has no free neighbour. A free block behind a block just taken
 * is the rest of the split. */
static bool left_a_rest(const void *block) {
    const MemoryBlock *next = ((const MemoryBlock *)((const char *)block - HEADER_BYTES))->next;
    return next && next->isFree;
}

void *model_take(struct model *model, uint64_t units) {
    void *block = halloc_heap_allocate(model->heap, units * MODEL_UNIT_BYTES - HEADER_BYTES);
    if (!block)
        return NULL;
    uint64_t extent = model_extent(model, block), end = model_place(model, block) + extent;
    model->used_units += extent;
    model->used_blocks++;
    model->high = end > model->high ? end : model->high;
    model->allocations++;
    model->splits += left_a_rest(block);
    return block;
}

void model_give(struct model *model, void *block) {
    model->used_units -= model_extent(model, block);
    model->used_blocks--;
    halloc_heap_deallocate(model->heap, block);
}
