/*
 * block_check.c - the validator: the invariants of block.h, executed.
 *
 * It looks at a record only if that lies in the heap: it reports a stray write, and does not follow it.
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
    if (block->isFree != 0 && block->isFree != 1)
        return "5: isFree is neither 0 nor 1: it was overwritten";
    size_t payload = (size_t)block_payload(engine, block);
    if (free_set_piece(&engine->set[0], payload, extent) != extent)
        return "6: the policy does not allow a block of this size here";
    return NULL;
}

struct sums {
    size_t blocks, free_blocks, used_blocks, used_bytes;
};

/* Records lie in the table or, in front of payloads, in the heap. */
static const char *check_sums(const struct engine *engine, const struct sums *sums) {
    size_t units = (size_t)(engine->top - engine->base) >> UNIT_SHIFT, found[2] = {0};
    const void *low = engine->table ? (const void *)engine->table : engine->base;
    const void *high = engine->table ? (const void *)(engine->table + units) : engine->top;
    const char *broken = free_set_check(&engine->set[0], low, high, &found[0]);
    if (!broken && engine->set_of)
        broken = free_set_check(&engine->set[1], low, high, &found[1]);
    if (!broken && found[0] + found[1] != sums->free_blocks)
        broken = "4: the sets and the heap disagree on the number of free blocks";
    if (!broken && (sums->used_bytes != engine->used_bytes + engine->isolated_bytes ||
                    sums->used_blocks != engine->used_blocks + engine->isolated_blocks))
        broken = "7: used_bytes or used_blocks is not the sum over blocks in use";
    if (!broken && sums->blocks != engine->block_count)
        broken = "1: block_count is not the number of blocks";
    return broken;
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
            free_set_may_merge(&engine->set[0], (size_t)block_payload(engine, prev),
                               block_extent(engine, prev), block_extent(engine, block)))
            return "3: two neighbouring free blocks were not merged";
        sums.blocks++;
        sums.free_blocks += block->isFree;
        sums.used_blocks += !block->isFree;
        sums.used_bytes += block->isFree ? 0 : block->size;
        expected = block_end(engine, block);
    }
    if (expected != engine->top)
        return "1: the last block does not end at the top";
    if (prev != engine->last)
        return "2: the last link does not lead to the last block";
    return check_sums(engine, &sums);
}
