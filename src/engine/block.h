/*
 * block.h - the block engine: find a free block, split it, merge it with its neighbours.
 *
 * A heap is one range of addresses, tiled by blocks without gaps:
 *
 *      base                                                     top              limit
 *      | block | block      | block | block                     | not yet usable |
 *        in use  free         in use  free
 *           <-next/prev->  every block, in address order
 *                 ^---------------------^  free blocks only, as the policy links them
 *
 * Two heaps stand on this. They differ in where the record of a block lies, and in two numbers:
 *
 *                      record (MemoryBlock)              header_bytes   granule
 *      classic heap    in front of the payload           32             16
 *      process heap    in a table, one entry a unit      0              16 KiB
 *
 * The policy searches, and only free blocks (fit.h). The heap locks; the engine does not.
 *
 * Splitting and merging take constant time, for buddies log2(size) steps. Source: D. Knuth, The Art of
 * Computer Programming, vol. 1, section 2.5; the records with links both ways are his boundary tags.
 *
 * Invariants, checked by engine_check:
 *   1. Blocks tile [base, top): each begins where its predecessor ends.
 *   2. next and prev agree, and end in NULL on both sides.
 *   3. No two neighbouring free blocks that the policy would merge, but for those that splitBlock
 *      made, until the next deallocation.
 *   4. A block is in a set exactly when it is free: in the one that the heap chooses.
 *   5. Every record in front of a payload is genuine: its tag fits its address.
 *   6. Sizes are multiples of the granule, header included; a policy's `piece` accepts them.
 *   7. used_bytes + isolated_bytes is the sum of the payloads in use or isolated.
 */
#pragma once

#include "../base/config.h"
#include "fit.h"

struct engine {
    char *base, *top, *limit;
    MemoryBlock *first, *last;
    size_t header_bytes;
    size_t granule;
    size_t split_bytes; /* split what is larger than asked by at least this      */
    MemoryBlock *table; /* the records, by unit; NULL: in front of the payloads  */
    bool split_by_hand; /* splitBlock left free neighbours apart                 */
    uint64_t secret;    /* in the tag of every record that has one               */

    /* The heap chooses a free block's set; NULL: always the first. The choice holds while it is there. */
    halloc_free_set *(*set_of)(struct engine *engine, const MemoryBlock *block);

    /* Makes at least `bytes` more usable: moves top, within limit. False: nothing changed. Not called where
     * top is the limit. */
    bool (*grow)(struct engine *engine, size_t bytes);

    size_t block_count, used_blocks, used_bytes, peak_used_bytes;
    size_t isolated_blocks, isolated_bytes; /* neither in use nor free */
    size_t splits, merges;

    /* Of free blocks. The second is asked when the first has none that fits. An engine without set_of may end
     * with the roots that its policy uses. */
    halloc_free_set set[2];
};

/* An engine over [base, top) that may grow to limit: one free block, or none if that is empty.
 * header_bytes, granule, split_bytes, table, secret, set_of and grow are set by the caller. */
INTERNAL void engine_init(struct engine *engine, const halloc_policy *policy, char *base, char *top,
                          char *limit);

/* Tells the engine that top moved up from old_top: the new memory becomes free. */
INTERNAL void engine_extend(struct engine *engine, char *old_top);

/* The opposite: `bytes` of the last block, which is free and larger, leave the heap. */
INTERNAL void engine_retract(struct engine *engine, size_t bytes);

/* The free block that engine_take would take, without growing; NULL where none fits. */
INTERNAL MemoryBlock *engine_find(struct engine *engine, size_t size);

/* Takes a block of at least `size` bytes of payload; grows the heap if it must. NULL: no room, nothing
 * changed. Alignment: a power of two, at least 16. */
INTERNAL MemoryBlock *engine_take(struct engine *engine, size_t size, size_t alignment);

/* Gives a block in use back and merges it with its neighbours. */
INTERNAL void engine_give(struct engine *engine, MemoryBlock *block);

/* Makes a block in use at least `size` bytes in place: smaller by giving its tail back, larger by
 * taking from a free successor. False: no room there, nothing changed. */
INTERNAL bool engine_resize(struct engine *engine, MemoryBlock *block, size_t size);

/* Cuts a block, free or in use, if it is larger than `size` by the threshold. True if it was. */
INTERNAL bool engine_split(struct engine *engine, MemoryBlock *block, size_t size);

/* Takes a free block out of its set, for work on it outside the lock: it can't be taken, nor merged with its
 * neighbours. putback ends that, and merges. */
INTERNAL void engine_isolate(struct engine *engine, MemoryBlock *block);
INTERNAL void engine_putback(struct engine *engine, MemoryBlock *block);

/* The first broken invariant in words, or NULL. Linear time. */
INTERNAL const char *engine_check(const struct engine *engine);

/* The block whose payload starts at `payload`, which lies in [base, top); NULL if none does. */
INTERNAL MemoryBlock *engine_block_at(const struct engine *engine, const void *payload);

/* --- Where things lie ------------------------------------------------------------------------- */

static inline size_t block_unit(const struct engine *engine, const MemoryBlock *block) {
    return (size_t)(block - engine->table);
}

static inline char *block_payload(const struct engine *engine, const MemoryBlock *block) {
    if (engine->table)
        return engine->base + (block_unit(engine, block) << UNIT_SHIFT);
    return (char *)block + engine->header_bytes;
}

/* Header and payload together: what the block occupies of the tiling. */
static inline size_t block_extent(const struct engine *engine, const MemoryBlock *block) {
    return engine->header_bytes + block->size;
}

static inline char *block_end(const struct engine *engine, const MemoryBlock *block) {
    return block_payload(engine, block) + block->size;
}

/* A classic record is genuine if its tag fits its address: user data can't look like one. */
static inline unsigned block_tag(const struct engine *engine, const MemoryBlock *block) {
    uint64_t mixed = (engine->secret ^ (uintptr_t)block) * 0x9e3779b97f4a7c15u;
    return (unsigned)(mixed >> 32) | 1;
}
