/*
 * stash.c - see stash.h. Layer 7.
 */
#include "stash.h"

static void *remove_from(struct stash *stash, struct stashed *place) {
    void *block = place->block;
    stash->bytes -= place->bytes;
    *place = (struct stashed){NULL, 0};
    stash->next = (size_t)(place - stash->place);
    store_relaxed(&unit_of(block)->kind, UNIT_BLOCK);
    return block;
}

INTERNAL void *stash_take(struct stash *stash, size_t bytes, bool zeroed) {
    for (size_t index = 0; stash->bytes && index < STASH_PLACES; index++) {
        struct stashed *place = &stash->place[index];
        if (place->bytes < bytes || place->bytes - bytes > max_size(bytes / 8, UNIT_BYTES))
            continue;
        void *block = remove_from(stash, place);
        /* The region's dirty bits are from before the block was first taken: clear it all. */
        return zeroed ? memset(block, 0, bytes) : block;
    }
    return NULL;
}

INTERNAL bool stash_give(struct stash *stash, void *block, size_t bytes) {
    size_t most = max_size(STASH_BYTES / max_size(load_relaxed(&live_caches), 1), STASH_LEAST_BYTES);
    if (bytes > STASH_BLOCK_BYTES || !region_contains(block))
        return false;
    while (stash->place[stash->next].block || stash->bytes + bytes > most) {
        struct stashed *oldest = &stash->place[stash->next];
        if (oldest->block)
            large_give(remove_from(stash, oldest));
        else
            stash->next = (stash->next + 1) % STASH_PLACES;
    }
    store_relaxed(&unit_of(block)->kind, UNIT_STASHED);
    stash->place[stash->next] = (struct stashed){block, bytes};
    stash->bytes += bytes;
    stash->next = (stash->next + 1) % STASH_PLACES;
    return true;
}

INTERNAL void stash_empty(struct stash *stash) {
    for (size_t index = 0; stash->bytes && index < STASH_PLACES; index++)
        if (stash->place[index].block)
            large_give(remove_from(stash, &stash->place[index]));
}
