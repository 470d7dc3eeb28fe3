/* large_cache.c - see large_cache.h. */
#include "large_cache.h"

static void *remove_at(struct large_cache *cache, size_t index) {
    void *block = cache->place[index].block;
    cache->bytes -= cache->place[index].bytes;
    for (cache->count--; index < cache->count; index++)
        cache->place[index] = cache->place[index + 1];
    store_relaxed(&unit_of(block)->kind, UNIT_BLOCK);
    return block;
}

INTERNAL void *large_cache_take(struct large_cache *cache, size_t bytes, bool zeroed) {
    for (size_t index = cache->count; index-- > 0;) {
        size_t has = cache->place[index].bytes;
        if (has < bytes || has - bytes > max_size(bytes / 8, UNIT_BYTES))
            continue;
        void *block = remove_at(cache, index);
        if (zeroed) /* all of it: the region's dirty bits are from before the block was first taken */
            region_zero(block, bytes);
        return block;
    }
    return NULL;
}

/* A thread's share of LARGE_CACHE_BYTES, but always LARGE_CACHE_LEAST_BYTES. */
static bool has_room(const struct large_cache *cache, size_t bytes) {
    size_t sum = cache->bytes + bytes;
    return cache->count < LARGE_CACHE_PLACES &&
           (sum <= LARGE_CACHE_LEAST_BYTES || sum * load_relaxed(&live_caches) <= LARGE_CACHE_BYTES);
}

/* What stood in place of a slot is not kept; where limits were met, nothing is: others may need it. */
INTERNAL bool large_cache_give(struct large_cache *cache, void *block) {
    size_t bytes = region_block_bytes(block);
    bool is_tight = load_relaxed(&region.was_refused) || load_relaxed(&region.is_open[PART_BLOCKS]);
    if (bytes > LARGE_CACHE_BLOCK_BYTES || bytes <= SLOT_MOST_BYTES || is_tight)
        return false;
    while (unlikely(!has_room(cache, bytes)))
        large_give(remove_at(cache, 0));
    large_set_freed(block, UNIT_CACHED);
    cache->place[cache->count++] = (struct cached_block){block, bytes};
    cache->bytes += bytes;
    return true;
}

INTERNAL void large_cache_empty(struct large_cache *cache) {
    while (cache->count)
        large_give(remove_at(cache, 0));
}
