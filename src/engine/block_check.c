/*
 * block_check.c - the validator: the invariants of block.h, executed.
 *
 * Linear in the number of blocks. It trusts nothing: a record is looked at only after its address
 * was found to lie in the heap, so a heap damaged by a stray write is reported, not followed.
 */
#include "block.h"

static bool is_inside(const struct engine *engine, const MemoryBlock *block) {
    if (engine->table) {
        size_t units = (size_t)(engine->top - engine->base) >> UNIT_SHIFT;
        return block >= engine->table && block < engine->table + units;
    }
    const char *record = (const char *)block;
    return record >= engine->base && record < engine->top &&
           (size_t)(engine->top - record) >= engine->header_bytes && (size_t)record % ALIGNMENT_BYTES == 0;
}

/* Invariants 1, 2, 5 and 6, of one block that should begin at `expected`. */
static const char *check_block(const struct engine *engine, const MemoryBlock *block, const MemoryBlock *prev,
                               const char *expected) {
    if (!is_inside(engine, block))
        return "2: a next link leads out of the heap";
    if (block_payload(engine, block) - engine->header_bytes != expected)
        return "1: a block does not begin where its predecessor ends";
    if (!engine->table && block->tag != block_tag(engine, block))
        return "5: a record's tag is wrong: it was overwritten";
    if (block->prev != prev)
        return "2: a prev link does not lead to the predecessor";
    size_t extent = block_extent(engine, block);
    if (extent % engine->granule || extent < engine->granule || extent < block->size)
        return "6: a size is not a multiple of the granule";
    if (extent > (size_t)(engine->top - expected))
        return "1: a block ends beyond the heap";
    if (engine->dirty_map && block->isFree) {
        size_t unit = block_unit(engine, block);
        if (block->tag != dirty_count(engine->dirty_map, unit, unit + (block->size >> UNIT_SHIFT)))
            return "5: a free block's count of dirty units is wrong";
    }
    if (block->isFree != 0 && block->isFree != 1)
        return "5: isFree is neither 0 nor 1: it was overwritten";
    size_t payload = (size_t)block_payload(engine, block);
    if (free_set_piece(&engine->warm, payload, extent) != extent)
        return "6: the policy does not allow a block of this size here";
    return NULL;
}

struct sums {
    size_t blocks, free_blocks, used_blocks, used_bytes, dirty_units;
};

static const char *check_set(const struct engine *engine, const halloc_free_set *set, size_t *found) {
    if (!engine->table)
        return free_set_check(set, engine->base, engine->top, found);
    size_t units = (size_t)(engine->top - engine->base) >> UNIT_SHIFT;
    return free_set_check(set, engine->table, engine->table + units, found);
}

static const char *check_sums(const struct engine *engine, const struct sums *sums) {
    size_t in_warm, in_cold = 0;
    const char *broken = check_set(engine, &engine->warm, &in_warm);
    if (!broken && engine->dirty_map)
        broken = check_set(engine, &engine->cold, &in_cold);
    if (broken)
        return broken;
    if (in_warm + in_cold != sums->free_blocks)
        return "4: the policy's set and the heap disagree on the number of free blocks";
    if (sums->used_bytes != engine->used_bytes + engine->held_bytes ||
        sums->used_blocks != engine->used_blocks + engine->held_blocks)
        return "7: used_bytes or used_blocks is not the sum over blocks in use";
    if (sums->blocks != engine->block_count)
        return "1: block_count is not the number of blocks";
    if (engine->dirty_map && sums->dirty_units != engine->dirty_units)
        return "5: dirty_units is not the sum over free blocks";
    return NULL;
}

INTERNAL const char *engine_check(const struct engine *engine) {
    struct sums sums = {0};
    const char *expected = engine->base;
    const MemoryBlock *prev = NULL;
    for (const MemoryBlock *block = engine->first; block; prev = block, block = block->next) {
        const char *broken = check_block(engine, block, prev, expected);
        if (broken)
            return broken;
        if (prev && prev->isFree && block->isFree && !engine->split_by_hand &&
            free_set_may_merge(&engine->warm, (size_t)block_payload(engine, prev), block_extent(engine, prev),
                               block_extent(engine, block)))
            return "3: two neighbouring free blocks were not merged";
        sums.blocks++;
        sums.free_blocks += block->isFree;
        sums.used_blocks += !block->isFree;
        sums.used_bytes += block->isFree ? 0 : block->size;
        sums.dirty_units += block->isFree ? block->tag : 0;
        expected = block_end(engine, block);
    }
    if (expected != engine->top)
        return "1: the last block does not end at the top";
    if (prev != engine->last)
        return "2: the last link does not lead to the last block";
    return check_sums(engine, &sums);
}
