/*
 * stash.c - see stash.h.
 */
#include "stash.h"

static void *remove_at(struct stash *stash, size_t index) {
    struct stashed *place = &stash->place[index];
    void *block = place->block;
    stash->bytes -= place->bytes;
    stash->count--;
    for (; index < stash->count; index++, place++)
        *place = place[1];
    store_relaxed(&unit_of(block)->kind, UNIT_BLOCK);
    return block;
}

INTERNAL void *stash_take(struct stash *stash, size_t bytes, bool zeroed) {
    for (size_t index = stash->count; index-- > 0;) {
        size_t has = stash->place[index].bytes;
        if (has < bytes || has - bytes > max_size(bytes / 8, UNIT_BYTES))
            continue;
        void *block = remove_at(stash, index);
        if (zeroed) /* all of it: the region's dirty bits are from before the block was first taken */
            region_zero(block, bytes);
        return block;
    }
    return NULL;
}

/* A thread's share of STASH_BYTES, but always STASH_LEAST_BYTES. */
static bool has_room(const struct stash *stash, size_t bytes) {
    size_t sum = stash->bytes + bytes;
    return stash->count < STASH_PLACES &&
           (sum <= STASH_LEAST_BYTES || sum * load_relaxed(&live_caches) <= STASH_BYTES);
}

INTERNAL bool stash_give(struct stash *stash, void *block) {
    size_t bytes = region_block_bytes(block);
    if (bytes > STASH_BLOCK_BYTES)
        return false;
    while (unlikely(!has_room(stash, bytes)))
        large_give(remove_at(stash, 0));
    store_relaxed(&unit_of(block)->kind, UNIT_STASHED);
    stash->place[stash->count++] = (struct stashed){block, bytes};
    stash->bytes += bytes;
    return true;
}

INTERNAL void stash_empty(struct stash *stash) {
    while (stash->count)
        large_give(remove_at(stash, 0));
}
