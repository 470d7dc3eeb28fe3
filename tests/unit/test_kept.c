/*
 * test_kept.c - what is kept, what is looked at and what goes back: each line at its value and one beside it. None of
 * it changes what a program gets, only what it costs; so calls to the system, wishes and figures are compared.
 */
#include "fresh.h"

/* --- Are large blocks full? ----------------------------------------------------------------------------- */

/* A block of two units of which all is written counts as full. */
static void learn(void) {
    halloc_free(halloc_malloc(1));
    char *block = large_take(DENSE_LOOK_LEAST_BYTES, 1, false);
    memset(block, 1, DENSE_LOOK_LEAST_BYTES);
    fake_refuse(0, 0);
    dense_learn(block, DENSE_LOOK_LEAST_BYTES - 1);
    child_assert(fake.calls == 0);
    for (size_t number = 0; number < DENSE_LOOKS; number++) {
        child_assert(seen_full_bytes == number * DENSE_LOOK_LEAST_BYTES && fake.calls == number);
        dense_learn(block, DENSE_LOOK_LEAST_BYTES);
    }
    size_t seen = DENSE_LOOKS * DENSE_LOOK_LEAST_BYTES;
    for (size_t round = 1; round <= 2; round++) /* one in so many, which stands for all */
        for (size_t number = 0; number < DENSE_LOOKS; number++) {
            dense_learn(block, DENSE_LOOK_LEAST_BYTES);
            child_assert(fake.calls == DENSE_LOOKS + round && seen_full_bytes == seen + round * seen);
        }
    child_assert(platform_purge(block, DENSE_LOOK_LEAST_BYTES));
    dense_learn(block, DENSE_LOOK_LEAST_BYTES);
    child_assert(seen_full_bytes == 3 * seen / 2); /* it was empty */
    huge_wish(block, 1, true);
    fake_refuse(0, 0);
    for (size_t number = 0; number < 2 * DENSE_LOOKS; number++)
        dense_learn(block, DENSE_LOOK_LEAST_BYTES);
    child_assert(fake.calls == 0);
    huge_wish(block, 1, false);
    conf.thp = CONF_THP_SYSTEM;
    fake_refuse(0, 0);
    for (size_t number = 0; number < 2 * DENSE_LOOKS; number++)
        dense_learn(block, DENSE_LOOK_LEAST_BYTES);
    child_assert(fake.calls == 0);
}

/* Exactly as much evidence as is asked for, or a byte less. */
static void choose(void) {
    halloc_free(halloc_malloc(1));
    char *block = large_take(8 * MIB, 2 * MIB, false);
    size_t small = HUGE_LEAST_BYTES - UNIT_BYTES;
    huge_wish(block, 8 * MIB, true);
    dense_choose_large(block, small, false); /* a block that is not alone leaves the wish as it is */
    child_assert(huge_is_wished(block, small));
    dense_choose_large(block, HUGE_LEAST_BYTES, false);
    child_assert(!huge_is_wished(block, HUGE_LEAST_BYTES) && huge_is_wished(block, HUGE_LEAST_BYTES + 1));
    seen_full_bytes = HUGE_LEAST_BYTES;
    dense_choose_large(block, HUGE_LEAST_BYTES, false);
    child_assert(huge_is_wished(block, 1));
    dense_choose_large(block, HUGE_LEAST_BYTES, true);
    child_assert(!huge_is_wished(block, 1));
    seen_full_bytes--;
    dense_choose_large(block, HUGE_LEAST_BYTES, false);
    child_assert(!huge_is_wished(block, 1));
    large_in_use = 20 * MIB;
    seen_full_bytes = 20 * MIB - 1;
    dense_choose_large(block, small, false);
    child_assert(!huge_is_wished(block, 1));
    seen_full_bytes++;
    dense_choose_large(block, small, true);
    child_assert(!huge_is_wished(block, 1));
    dense_choose_large(block, small, false);
    child_assert(huge_is_wished(block, 1));
}

static void choose_grown(void) {
    halloc_free(halloc_malloc(1));
    char *block = large_take(8 * MIB, 2 * MIB, false);
    memset(block, 1, 8 * MIB);
    size_t least = DENSE_LOOK_LEAST_BYTES;
    fake_refuse(0, 0);
    dense_choose_grown(block, 2 * least, block, least - UNIT_BYTES);
    dense_choose_grown(block, least + least / 8 - 1, block, least);
    child_assert(fake.calls == 0 && !huge_is_wished(block, 1));
    dense_choose_grown(block, least + least / 8, block, least);
    child_assert(huge_is_wished(block, 1));
    huge_wish(block, 1, false);
    conf.thp = CONF_THP_SYSTEM;
    fake_refuse(0, 0);
    dense_choose_grown(block, 2 * least, block, least);
    child_assert(fake.calls == 0 && !huge_is_wished(block, 1));
    conf.thp = CONF_THP_GROWN;
    char *wall = large_take(4 * MIB, 2 * MIB, false);
    child_assert(wall == block + 8 * MIB && !large_expand(block, 10 * MIB)); /* it did not grow */
    child_assert(!huge_is_wished(block, 8 * MIB));
    child_assert(large_expand(block, 4 * MIB) && !huge_is_wished(block, 4 * MIB)); /* nor here */
    child_assert((block = move(block, large_bytes(block), 2 * MIB, "realloc")) &&
                 !huge_is_wished(block, 2 * MIB));
}

/* As many slabs as are judged, all of them full, and what a thread that is alone may have besides. */
static void judge(void) {
    halloc_free(halloc_malloc(1));
    halloc_malloc_trim(0);
    struct slab *last = NULL;
    for (size_t bytes = 0; bytes < DENSE_LEAST_BYTES; bytes += SLAB_SMALL_BYTES) {
        judge_heap();
        child_assert(!slabs_are_dense);
        last = slab_make(size_class_of(4096), cache_own);
        last->last = slab_start(last) + SLAB_SMALL_BYTES - 4096;
    }
    char *block = large_take(5 * UNIT_BYTES, 1, false);
    judge_heap();
    child_assert(slabs_are_dense && large_in_use == 5 * UNIT_BYTES);
    live_caches = 2;
    for (size_t empty = 0; empty <= DENSE_LEAST_BYTES / 8; empty += 4096) {
        judge_heap();
        child_assert(slabs_are_dense);
        struct slab *slab = last - empty / SLAB_SMALL_BYTES * (SLAB_SMALL_BYTES >> UNIT_SHIFT);
        slab->last -= 4096;
    }
    judge_heap();
    child_assert(!slabs_are_dense);
    live_caches = 1;
    judge_heap();
    child_assert(slabs_are_dense);
    large_give(block);
    judge_heap();
    child_assert(large_in_use == 0);
}

static void huge_pages_are_wished_for_on_exactly_so_much_evidence(void **state UNUSED) {
    in_fresh_heap(learn, "purge:off");
    in_fresh_heap(choose, "purge:off");
    in_fresh_heap(choose_grown, "purge:off");
    in_fresh_heap(judge, "purge:off");
}

/* --- Large blocks ----------------------------------------------------------------------------------------- */

static void *kept(size_t units) {
    void *block = large_take(units * UNIT_BYTES, 1, false);
    child_assert(large_cache_give(&cache_own->large, block));
    return block;
}

static void keep_blocks(void) {
    struct large_cache *cache = &cache_own->large;
    void *seven = kept(7);
    child_assert(!large_cache_take(cache, 7 * UNIT_BYTES + 1, false));
    child_assert(large_cache_take(cache, 7 * UNIT_BYTES, false) == seven && cache->count == 0);
    seven = kept(7);
    child_assert(!large_cache_take(cache, 6 * UNIT_BYTES - 1, false));
    child_assert(large_cache_take(cache, 6 * UNIT_BYTES, false) == seven);
    void *largest = large_take(LARGE_CACHE_BLOCK_BYTES + UNIT_BYTES, 1, false);
    child_assert(!large_cache_give(cache, largest) && cache->count == 0);
    void *smallest = large_take(SLOT_MOST_BYTES, 1, false);
    child_assert(!large_cache_give(cache, smallest) && cache->count == 0);
    void *blocks[LARGE_CACHE_PLACES + 1];
    for (size_t index = 0; index <= LARGE_CACHE_PLACES; index++) {
        blocks[index] = kept(3);
        child_assert(cache->count == min_size(index + 1, LARGE_CACHE_PLACES));
        child_assert(cache->bytes == cache->count * 3 * UNIT_BYTES);
    }
    child_assert(unit_of(blocks[0])->kind == UNIT_NONE); /* the oldest had to go */
    for (size_t index = LARGE_CACHE_PLACES; index > 0; index--) {
        child_assert(unit_of(blocks[index])->kind == UNIT_CACHED && !large_is_block(blocks[index]));
        child_assert(large_cache_take(cache, 3 * UNIT_BYTES, false) == blocks[index]);
        child_assert(large_is_block(blocks[index]));
    }
    child_assert(cache->count == 0 && cache->bytes == 0);
    for (size_t index = 1; index <= 4; index++)
        blocks[index] = kept(3);
    cache->place[3].bytes = UNIT_BYTES; /* no longer right: so what stands before it is taken */
    child_assert(large_cache_take(cache, 3 * UNIT_BYTES, false) == blocks[3]);
    child_assert(cache->count == 3 && cache->place[0].block == blocks[1] &&
                 cache->place[1].block == blocks[2] && cache->place[2].block == blocks[4]);
    cache->place[2].bytes = 3 * UNIT_BYTES;
    cache->bytes = 9 * UNIT_BYTES;
    live_caches = 100; /* each keeps so much all the same */
    child_assert(has_room(cache, LARGE_CACHE_LEAST_BYTES - cache->bytes));
    child_assert(!has_room(cache, LARGE_CACHE_LEAST_BYTES - cache->bytes + 1));
    live_caches = 2; /* half of all */
    child_assert(has_room(cache, LARGE_CACHE_BYTES / 2 - cache->bytes));
    child_assert(!has_room(cache, LARGE_CACHE_BYTES / 2 - cache->bytes + 1));
    live_caches = 1;
}

static void tell_blocks(void) {
    char *block = large_take(5 * UNIT_BYTES, 1, false), *slot = halloc_malloc(64);
    child_assert(large_is_block(block) && large_bytes(block) == 5 * UNIT_BYTES);
    child_assert(!large_is_block(block + 16) && !large_is_block(block + UNIT_BYTES) &&
                 !large_is_block(block - 1));
    child_assert(!large_is_block(slot) && !large_is_block(slab_start(slab_at(slot))));
    child_assert(!large_is_block(slab_start(slab_at(slot)) + UNIT_BYTES) && !large_is_block(NULL));
    child_assert(!large_is_block(region.base + region.bytes) && !large_is_block(region.base - UNIT_BYTES));
    unit_of(block)->kind = UNIT_SAMPLED;
    child_assert(large_is_block(block));
    unit_of(block)->kind = UNIT_CACHED;
    child_assert(!large_is_block(block));
    unit_of(block)->kind = UNIT_BLOCK;
    large_give(block);
    child_assert(!large_is_block(block) && large_bytes(block) == 0);
}

/* Between a slot and a block, at the size where one becomes the other. */
static void move_between(void) {
    static const size_t sizes[] = {1,        SLOT_MOST_BYTES - 1, SLOT_MOST_BYTES, SLOT_MOST_BYTES + 1,
                                   40 * KIB, 100 * KIB,           300 * KIB};
    for (size_t from = 0; from < COUNT(sizes); from++)
        for (size_t to = 0; to < COUNT(sizes); to++) {
            char *object = halloc_malloc(sizes[from]), *walls[8];
            for (size_t index = 0; index < COUNT(walls); index++)
                walls[index] = halloc_malloc(sizes[from]);
            fill_bytes(object, sizes[from], (unsigned)to);
            child_assert(!!slab_of(object) == (sizes[from] <= SLOT_MOST_BYTES));
            object = halloc_realloc(object, sizes[to]);
            child_assert(object && !!slab_of(object) == (sizes[to] <= SLOT_MOST_BYTES));
            child_assert(is_filled(object, min_size(sizes[from], sizes[to]), (unsigned)to));
            child_assert(halloc_process_check(NULL));
            halloc_free(object);
            for (size_t index = 0; index < COUNT(walls); index++)
                halloc_free(walls[index]);
        }
}

/* The largest slot is no block yet: what comes of it gets no eighth more. */
static void outgrow_the_largest_slot(void) {
    char *object = halloc_malloc(SLOT_MOST_BYTES);
    child_assert(slab_of(object) && (object = halloc_realloc(object, 110000)));
    child_assert(halloc_malloc_usable_size(object) == align_up(110000, UNIT_BYTES));
}

/* In a full region there is none, at whatever multiple it would begin. */
static void try_without_room(void) {
    halloc_free(halloc_malloc(1));
    char *first = taken(16 * UNIT_BYTES, 64 * KIB);
    while (region_take(UNIT_BYTES, 1))
        ;
    char *block = first + UNIT_BYTES; /* room for one that begins anywhere */
    child_assert(region_resize(first, UNIT_BYTES) && region_take(15 * UNIT_BYTES, 1) == block);
    region_give(block, 0);
    child_assert(!region_take(15 * UNIT_BYTES, 4 * UNIT_BYTES));
    child_assert(large_take(15 * UNIT_BYTES, 1, false) == block);
    large_give(block);
    child_assert(!large_take(15 * UNIT_BYTES, LARGE_ALIGNMENT_BYTES, false) &&
                 !large_take(16 * UNIT_BYTES, 1, false));
    child_assert(large_take(8 * UNIT_BYTES, 1, false));
    halloc_free(halloc_malloc(7 * UNIT_BYTES));
    child_assert(cache_own->large.count == 1);
    child_assert(halloc_malloc(200));
    child_assert(cache_own->large.count == 0); /* what the thread kept helped */
    char *kept = halloc_malloc(200);
    while (halloc_malloc(100))
        ;
    memset(kept, 7, 200);
    child_assert(!halloc_calloc(1, 100) && !halloc_calloc(1, 3000));
    size_t room = halloc_malloc_usable_size(kept);
    child_assert(halloc_realloc(kept, 50) == kept && kept[199] == 7 && kept[50] == 7);
    child_assert(halloc_malloc_usable_size(kept) == room);
}

static void large_blocks_are_kept_told_and_moved_as_they_should(void **state UNUSED) {
    in_fresh_heap(keep_blocks, "");
    in_fresh_heap(tell_blocks, "");
    in_fresh_heap(move_between, "");
    in_fresh_heap(outgrow_the_largest_slot, "");
    in_fresh_heap(try_without_room, "reserve:16M");
}

/* --- Foreign slots and pools ------------------------------------------------------------------------------ */

/* Slots of a slab that another thread owns, on the list of this one. */
static struct slab *others_slab(struct thread_cache *other, char **slots, size_t count) {
    struct slab *slab = slab_make(size_class_of(64), other);
    slab->free = carve(slab);
    slab->frees_left = slab_carved_slots(slab);
    for (size_t index = 0; index < count; index++)
        slots[index] = slot_pop(&slab->free);
    slab->free = NULL;
    return slab;
}

static void list_foreign(void) {
    unsigned size_class = size_class_of(64);
    struct thread_cache *mine = cache_borrow(), *other = cache_borrow();
    char *a[8], *b[8];
    struct slab *owned = others_slab(other, a, COUNT(a)), *shared = others_slab(OWNER_FULL, b, COUNT(b));
    struct foreign *foreign = &mine->foreign[size_class];
    char *order[] = {a[0], b[0], a[1], b[1]};
    for (size_t index = 0; index < COUNT(order); index++)
        slot_set_free(order[index], index ? order[index - 1] : NULL);
    *foreign = (struct foreign){order[3], FOREIGN_LEAST_BYTES - 1};
    foreign_list(mine, size_class);
    child_assert(foreign->first && !mine->list[size_class]); /* too few */
    foreign->bytes = FOREIGN_LEAST_BYTES;
    conf.sample_bytes = 1000;
    foreign_list(mine, size_class);
    child_assert(foreign->first && !mine->list[size_class]);
    conf.sample_bytes = 0;
    counters->used_bytes = NOTES_FROM_BYTES; /* a large heap */
    foreign_list(mine, size_class);
    child_assert(!foreign->first && !foreign->bytes && mine->list[size_class] == order[3]);
    child_assert(!links_of(owned)->remote && !links_of(shared)->remote);
    *foreign = (struct foreign){mine->list[size_class], FOREIGN_LEAST_BYTES};
    mine->list[size_class] = NULL;
    counters->used_bytes = NOTES_FROM_BYTES - 1; /* a small one: what has an owner goes there */
    foreign_list(mine, size_class);
    child_assert(remote_count(links_of(owned)->remote) == 2 && !links_of(shared)->remote);
    void *list = mine->list[size_class];
    child_assert(slab_at(list) == shared && slab_at(slot_next(list)) == shared &&
                 !slot_next(slot_next(list)));
    mine->list[size_class] = NULL;
    char *batches[] = {a[2], a[3], b[2], a[4]};
    for (size_t index = COUNT(batches); index-- > 0;)
        slot_set_free(batches[index], index + 1 < COUNT(batches) ? batches[index + 1] : NULL);
    child_assert(foreign_hand_over(batches[0], NULL) == 3 && remote_count(links_of(owned)->remote) == 5);
    child_assert(shared->state == SLAB_SHARED && remote_count(links_of(shared)->remote) == 1);
    child_assert(foreign_hand_over(NULL, NULL) == 0);
    char *c[2];
    struct slab *full = others_slab(OWNER_FULL, c, 2);
    cache_free_foreign(mine, full, c[0]);
    child_assert(full->owner == mine && full->fast_owner == mine); /* a small heap: it lists */
    child_assert(full->free == c[0] && mine->partial[size_class].first == full);
    mine->foreign_most = 5000;
    *foreign = (struct foreign){NULL, 5000 - 64};
    cache_free_foreign(mine, owned, a[5]);
    child_assert(foreign->bytes == 5000 && foreign->first == a[5]); /* as many as may be */
    cache_free_foreign(mine, owned, a[6]);
    child_assert(!foreign->bytes && remote_count(links_of(owned)->remote) == 7);
    mine->foreign_most = FOREIGN_MOST_BYTES;
    *foreign = (struct foreign){NULL, FOREIGN_MOST_SLOTS * 64 - 64};
    cache_free_foreign(mine, owned, a[0]);
    child_assert(foreign->bytes == FOREIGN_MOST_SLOTS * 64); /* as many slots as may be */
    cache_free_foreign(mine, owned, a[1]);
    child_assert(!foreign->bytes && remote_count(links_of(owned)->remote) == 9);
}

static void thin_pools(void) {
    unsigned size_class = size_class_of(64);
    struct thread_cache *caller = cache_borrow();
    char *slots[8];
    struct slab *slab = others_slab(caller, slots, COUNT(slots));
    struct pool *pool = &pools[size_class];
    child_assert(pool->count == 0 && !shared_adopt(size_class, caller));
    shared_give(slab);
    child_assert(pool->count == 1 && slab->state == SLAB_SHARED);
    child_assert(shared_adopt(size_class, caller) == slab && pool->count == 0 && slab->owner == caller);
    for (size_t number = slab->frees_left - 1; number > 0; number--) /* the first is in use */
        slab_put(slab, slab->last - (number - 1) * 64), slab->frees_left--;
    shared_give(slab);
    pool->count = 3; /* others take some meanwhile */
    child_assert(shared_thin(size_class, caller, true) == slab_bytes(slab) - 4096);
    pool->count = 1;
    child_assert(slab->owner == OWNER_SHARED && shared_thin(size_class, caller, true) == 0); /* it was done */
    uint64_t released = region.engine.used_blocks;
    char *first = slab_start(slab);
    slot_set_free(first, NULL);
    remote_publish(slab, first, first, 1); /* nobody looked yet whether that was the last */
    fake_refuse(0, 0);
    shared_thin(size_class, caller, true);
    child_assert(fake.calls == 0 && pool->count == 0 && region.engine.used_blocks == released - 1);
    slab = others_slab(caller, slots, 1);
    slab->frees_left = 1;
    shared_give(slab);
    slot_set_free(slots[0], NULL);
    child_assert(pool->count == 1 && foreign_hand_over(slots[0], NULL) == 1); /* the last one in use */
    child_assert(pool->count == 0 && region.engine.used_blocks == released - 1);
}

/* At times a thread looks at the pools as well. */
static void thin_pools_in_time(void) {
    char *slots[2];
    struct thread_cache *caller = cache_borrow();
    struct slab *slab = others_slab(caller, slots, 1);
    while (slab->frees_left > 1)
        slab_put(slab, slab->last - (slab->frees_left - 2) * 64), slab->frees_left--;
    shared_give(slab);
    fake.milliseconds = 1000000;
    give_memory_back(caller); /* the first time it only looks at the clock */
    uint64_t before = counters->purged_bytes;
    fake.milliseconds += PURGE_INTERVAL_MS;
    give_memory_back(caller);
    child_assert(counters->purged_bytes == before);
    fake.milliseconds += PURGE_INTERVAL_MS;
    give_memory_back(caller);
    child_assert(counters->purged_bytes > before); /* it rested meanwhile */
}

/* --- What a thread with others beside it gives up -------------------------------------------------------- */

#define HELD_CLASSES 5 /* of 9 to 13 KiB, with slabs of 128 KiB */

static size_t held_size(size_t index) {
    return 9000 + 1024 * index;
}

/* As after periodic work of a thread that has so much. */
static void take_and_free(struct slab **slabs, size_t objects) {
    char *object[HELD_CLASSES][20];
    for (size_t index = 0; index < HELD_CLASSES; index++)
        for (size_t number = 0; number < objects; number++)
            object[index][number] = halloc_malloc(held_size(index));
    for (size_t index = 0; index < HELD_CLASSES; index++)
        slabs[index] = slab_at(object[index][objects - 1]);
    for (size_t index = 0; index < HELD_CLASSES; index++)
        for (size_t number = 0; number < objects; number++)
            halloc_free(object[index][number]);
}

static size_t given_up(struct slab *const *slabs) {
    size_t count = 0;
    for (size_t index = 0; index < HELD_CLASSES; index++)
        count += slabs[index]->owner == OWNER_SHARED;
    return count;
}

static void give_up_unused(void) {
    struct slab *slabs[HELD_CLASSES];
    take_and_free(slabs, 5);
    child_assert(given_up(slabs) == 0); /* alone */
    size_t held = 0;
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        held += cache_own->active[size_class] ? slab_bytes(cache_own->active[size_class]) : 0;
    live_caches = (uint32_t)(KEPT_SHARED_BYTES / held);
    child_assert(!holds_much(cache_own)); /* that is its share */
    live_caches++;
    child_assert(holds_much(cache_own));
    static struct thread_cache two;
    live_caches = 1000;
    for (size_t index = 0; index < KEPT_LEAST_BYTES / SLAB_LARGE_BYTES; index++)
        two.active[slabs[index]->size_class] = slabs[index];
    two.partial[0].first = slabs[4]; /* which is not active: it lies behind those that are */
    child_assert(!holds_much(&two)); /* any thread may have so much */
    two.active[slabs[4]->size_class] = slabs[4];
    child_assert(holds_much(&two));
    cache_own->holds_much = true;
    cache_own->give_up_units = 1000;
    for (size_t index = 0; index < HELD_CLASSES; index++)
        cache_own->active[slabs[index]->size_class]->frees_left = 1;
    take_and_free(slabs, 5);
    child_assert(given_up(slabs) == HELD_CLASSES && cache_own->give_up_units < 1000 - 9 * HELD_CLASSES);
    child_assert(!holds_much(cache_own) && halloc_process_check(NULL));
    cache_own->holds_much = false;
    take_and_free(slabs, 5); /* adopted, and kept */
    child_assert(given_up(slabs) == 0 && halloc_process_check(NULL));
}

/* A unit for each eight slots that a walk sees, and one more; nine if the slab goes. */
static void pay(void) {
    char *objects[20];
    for (size_t index = 0; index < COUNT(objects); index++)
        objects[index] = halloc_malloc(64);
    struct slab *slab = slab_at(objects[0]);
    child_assert(slab_at(objects[COUNT(objects) - 1]) == slab && slab_carved_slots(slab) == 64);
    for (size_t index = 1; index < COUNT(objects); index++)
        halloc_free(objects[index]);
    cache_own->give_up_units = 100;
    cache_give_up_if_unused(cache_own, slab);
    child_assert(cache_own->give_up_units == 100 - 63 / 8 - 1);
    slab_list(slab, objects[0]);
    cache_give_up_if_unused(cache_own, slab);
    child_assert(slab->owner == OWNER_SHARED && cache_own->give_up_units == 100 - 63 / 8 - 1 - 64 / 8 - 9);
    objects[0] = halloc_malloc(64);
    cache_own->give_up_units = 3;
    cache_give_up_if_unused(cache_own, slab_at(objects[0]));
    child_assert(cache_own->give_up_units == 0);
}

/* A program wrote into a free slot, or freed one twice behind such a write: the walk says nothing, and ends. */
static void walk_over_damage(void) {
    char *objects[4];
    for (size_t index = 0; index < COUNT(objects); index++)
        objects[index] = halloc_malloc(64);
    struct slab *slab = slab_at(objects[0]);
    for (size_t index = 0; index < COUNT(objects); index++)
        halloc_free(objects[index]);
    slot_set_free(objects[0], objects[3]); /* a circle */
    cache_own->give_up_units = 1000;
    cache_give_up_if_unused(cache_own, slab);
    child_assert(cache_own->active[slab->size_class] == slab || slab->owner == OWNER_SHARED);
    objects[0][8]++; /* the mark */
    slab->frees_left = 0;
    cache_give_up_if_unused(cache_own, slab);
    child_assert(cache_own->active[slab->size_class] == slab && slab->frees_left > 0);
}

static void unused_slabs_go_where_threads_share(void **state UNUSED) {
    in_fresh_heap(give_up_unused, "purge:off");
    in_fresh_heap(pay, "purge:off");
    in_fresh_heap(walk_over_damage, "purge:off");
}

/* A slab with an object stays; a walk comes at the earliest when it can be empty. */
static void keep_used(void) {
    char *kept = halloc_malloc(9000), *other = halloc_malloc(9000), *third = halloc_malloc(9000);
    struct slab *slab = slab_at(kept);
    child_assert(slab == cache_own->active[slab->size_class] && slab_at(third) == slab);
    live_caches = 2;
    cache_own->give_up_units = 1;
    cache_own->holds_much = true;
    slab->frees_left = 1;
    halloc_free(other);
    child_assert(slab->frees_left == 2 && slab->owner == cache_own);
    slot_set_free(third, NULL);
    remote_publish(slab, third, third, 1); /* by another thread */
    slab->frees_left = 1;
    halloc_free(kept);
    child_assert(slab->owner == OWNER_SHARED && !cache_own->active[slab->size_class] &&
                 halloc_process_check(NULL));
    char *small[256];
    for (size_t index = 0; index < COUNT(small); index++)
        small[index] = halloc_malloc(16);
    slab = slab_at(small[0]);
    cache_own->holds_much = true;
    slab->frees_left = 200;
    for (size_t index = 0; index < 200; index++)
        halloc_free(small[index]);
    child_assert(slab->frees_left == 56 && slab->owner == cache_own);
    slab->frees_left = 48;
    for (size_t index = 200; index < 248; index++)
        halloc_free(small[index]);
    child_assert(slab->frees_left == 248 / 16 && slab->owner == cache_own);
    for (size_t index = 0; index < COUNT(small); index++)
        small[index] = halloc_malloc(32);
    slab = slab_at(small[COUNT(small) - 1]);
    slab->frees_left = 1;
    cache_own->holds_much = true;
    halloc_free(small[COUNT(small) - 1]);
    child_assert(slab->frees_left == ACTIVE_FREES); /* of more than so many in use */
}

/* Another slab's slots lie on the list: they go to their slab. */
static void keep_for_others(void) {
    char *slots[2], *mine = halloc_malloc(64);
    struct slab *slab = slab_at(mine), *other = others_slab(OWNER_FULL, slots, 2);
    void **list = &cache_own->list[slab->size_class];
    slot_set_free(slots[0], *list);
    slot_set_free(slots[1], slots[0]);
    *list = slots[1];
    cache_own->holds_much = true;
    cache_own->give_up_units = 1;
    cache_give_up_if_unused(cache_own, slab);
    child_assert(slab->owner == cache_own && slab->frees_left >= 1); /* `mine` is in use */
    slab_list(slab, mine);
    cache_give_up_if_unused(cache_own, slab);
    child_assert(slab->owner == OWNER_SHARED && slab->list == &slab->free && slab->frees_left == 0);
    child_assert(other->owner == OWNER_SHARED && remote_count(links_of(other)->remote) == 2 && !*list);
}

/* From the next free on, where the thread holds much. */
static void refill_and_look(void) {
    unsigned size_class = size_class_of(64);
    halloc_free(halloc_malloc(64));
    for (int holds_much = 0; holds_much < 2; holds_much++) {
        cache_own->holds_much = holds_much;
        cache_own->ticks = 0;
        cache_own->active[size_class]->frees_left = 7;
        while (cache_own->list[size_class])
            halloc_malloc(64);
        halloc_malloc(64);
        child_assert(cache_own->active[size_class]->frees_left == (holds_much ? 1 : 7));
    }
}

static void a_thread_that_holds_much_looks_at_once(void **state UNUSED) {
    in_fresh_heap(refill_and_look, "purge:off");
}

/* A partial slab whose objects other threads freed goes when its owner thins. */
static void thin_what_others_emptied(void) {
    halloc_free(halloc_malloc(1));
    struct slab *slab = slab_make(size_class_of(64), cache_own);
    char *first = carve(slab);
    slab->frees_left = slab_carved_slots(slab);
    slab_list_append(&cache_own->partial[slab->size_class], slab);
    remote_publish(slab, first, slab->last, slab->frees_left);
    cache_thin(cache_own, false);
    child_assert(!cache_own->partial[size_class_of(64)].first && slab->owner != cache_own);
}

static void a_slab_that_others_emptied_is_not_kept(void **state UNUSED) {
    in_fresh_heap(thin_what_others_emptied, "");
}

static void a_slab_with_an_object_stays(void **state UNUSED) {
    in_fresh_heap(keep_used, "purge:off");
    in_fresh_heap(keep_for_others, "purge:off");
}

/* So many for each millisecond, and up to a bound. */
static void earn(void) {
    halloc_free(halloc_malloc(1));
    struct thread_cache *cache = cache_own;
    fake.milliseconds = cache->purged_at = 1000000;
    cache->give_up_units = 7;
    fake.milliseconds += PURGE_LOOK_MS - 1;
    give_memory_back(cache);
    child_assert(cache->give_up_units == 7);
    fake.milliseconds++;
    give_memory_back(cache);
    child_assert(cache->give_up_units == 7 + PURGE_LOOK_MS * GIVE_UP_UNITS_PER_MS);
    fake.milliseconds += 1000000;
    give_memory_back(cache);
    child_assert(cache->give_up_units == GIVE_UP_UNITS_MOST);
    live_caches = 2;
    cache->active[0] = slab_make(0, cache); /* hardly anything */
    cache->ticks = PERIOD_TICKS - 1;
    cache->holds_much = true;
    tick(cache);
    child_assert(!cache->holds_much && cache->ticks == PERIOD_TICKS);
}

/* A thread that is alone, or that has used up what it earned. */
static void give_up_nothing(void) {
    struct slab *slabs[HELD_CLASSES];
    take_and_free(slabs, 5);
    live_caches = 1000;
    struct thread_cache *cache = cache_own;
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        cache->active[size_class] = slabs[0]; /* more than one thread's share, even if it is alone */
    for (unsigned may = 0; may < 3; may++) {
        fake.milliseconds = cache->purged_at = 1000000;
        cache->give_up_units = may != 1;
        live_caches = may == 2 ? 1 : 1000;
        cache->ticks = PERIOD_TICKS - 1;
        tick(cache);
        child_assert(cache->holds_much == (may == 0));
    }
}

static void a_thread_earns_what_it_may_give_up(void **state UNUSED) {
    in_fresh_heap(earn, "");
    in_fresh_heap(give_up_nothing, "");
}

static struct slab *empty_slab(void) {
    char *slots[1];
    struct slab *slab = others_slab(cache_own, slots, 1);
    slab->frees_left = 0;
    return slab;
}

static bool pool_keeps(struct slab *slab) {
    size_t before = pools[slab->size_class].count;
    shared_give(slab);
    bool kept = pools[slab->size_class].count == before + 1;
    child_assert(slab->kind == (kept ? UNIT_SLAB : UNIT_NONE));
    return kept;
}

/* Slabs of a class that are empty: so many wait in the pool. */
static void fill_the_pool(void) {
    child_assert(live_caches == 1 && KEPT_LEAST_BYTES / SLAB_SMALL_BYTES == 2);
    struct slab *first = empty_slab(), *used = empty_slab();
    child_assert(pool_keeps(first) && pool_keeps(empty_slab()) && !pool_keeps(empty_slab()));
    used->frees_left = 1;
    child_assert(pool_keeps(used)); /* those with objects wait all */
    child_assert(shared_adopt(size_class_of(64), cache_own) == first);
    child_assert(pool_keeps(first)); /* its room was free again */
    static const struct {
        uint32_t threads;
        size_t limit, most;
    } rooms[] = {
        {2, 0, KEPT_SHARED_BYTES},
        {32, 0, KEPT_SHARED_BYTES},
        {33, 0, 33 * KEPT_LEAST_BYTES},
        {2, GIB, 2 * KEPT_LEAST_BYTES}}; /* under a limit each request that it refuses takes them back */
    for (size_t index = 0; index < COUNT(rooms); index++) {
        struct slab *last = empty_slab(), *more = empty_slab();
        live_caches = rooms[index].threads;
        conf.limit_bytes = rooms[index].limit;
        empty_bytes = rooms[index].most - SLAB_SMALL_BYTES;
        child_assert(pool_keeps(last) && !pool_keeps(more));
        live_caches = 1;
        conf.limit_bytes = 0;
    }
    empty_bytes = (2 + COUNT(rooms)) * SLAB_SMALL_BYTES;
    region.is_short = true;
    child_assert(!pool_keeps(empty_slab()));
    cache_thin(cache_own, true);
    child_assert(pools[size_class_of(64)].count == 1);
    region.is_short = false; /* there is as much room as in the beginning */
    child_assert(pool_keeps(empty_slab()) && pool_keeps(empty_slab()) && !pool_keeps(empty_slab()));
}

static void a_pool_keeps_a_few_empty_slabs(void **state UNUSED) {
    in_fresh_heap(fill_the_pool, "purge:off");
}

/* What the thread has comes first, then the pool; where that has one, orphans wait. */
static void find_the_nearest_slab(void) {
    unsigned size_class = size_class_of(64);
    struct thread_cache *mine = cache_borrow(), *other = cache_borrow();
    char *slots[2];
    struct slab *own = others_slab(mine, slots, 1), *shared = others_slab(other, slots, 1);
    own->frees_left = shared->frees_left = 1;
    shared_give(shared);
    slab_list_append(&mine->partial[size_class], own);
    has_orphans = true;
    child_assert(find_slab(mine, size_class) == own && has_orphans);
    child_assert(find_slab(mine, size_class) == shared && has_orphans);
    child_assert(find_slab(mine, size_class) && !has_orphans);
}

/* Samples that begin while a slab is in use: what comes back goes to the slab. */
static void sample_later(void) {
    char *object = halloc_malloc(64);
    struct slab *active = slab_at(object);
    void **list = active->list;
    child_assert(active->state == SLAB_ACTIVE && list != &active->free);
    cache_slab_event(cache_own, active);
    child_assert(active->list == list && active->frees_left == ACTIVE_FREES);
    conf.sample_bytes = 1000;
    cache_slab_event(cache_own, active);
    child_assert(active->list == &active->free);
    conf.sample_bytes = 0;
}

/* In a large heap the thread notes what it frees. All four slots are in use; the first looks free. */
static struct slab *noting_slab(char **slots) {
    halloc_free(halloc_malloc(1));
    struct slab *own = others_slab(cache_own, slots, 4);
    counters->used_bytes = NOTES_FROM_BYTES;
    own->frees_left = 4;
    slab_list_append(&cache_own->partial[own->size_class], own);
    own->fast_owner = NULL;
    slot_set_free(slots[0], NULL);
    return own;
}

/* In a heap with so much in use, a thread that has these bytes of foreign slots frees one more. */
static bool keeps_foreign(struct slab *others, void *slot, size_t used_bytes, size_t bytes) {
    struct foreign *foreign = &cache_own->foreign[others->size_class];
    counters->used_bytes = used_bytes;
    cache_own->ticks = PERIOD_TICKS - 1;
    tick(cache_own);
    *foreign = (struct foreign){NULL, bytes - 64};
    cache_free_foreign(cache_own, others, slot);
    return foreign->bytes == bytes;
}

static void keep_a_share(void) {
    halloc_free(halloc_malloc(1));
    char *slots[14];
    struct slab *others = others_slab(cache_borrow(), slots, COUNT(slots));
    const struct {
        size_t used, kept, share; /* of slots of 64 bytes, and of large ones */
    } heaps[] = {{0, 4 * KIB, 0},
                 {4 * MIB, 4 * KIB, 4 * KIB},
                 {5 * MIB, 5 * KIB, 5 * KIB},
                 {32 * MIB, 8 * KIB, 32 * KIB},
                 {33 * MIB, 8 * KIB, 32 * KIB},
                 {100 * GIB, 8 * KIB, 32 * KIB},
                 {MIB, 4 * KIB, KIB}};
    for (size_t index = 0; index < COUNT(heaps); index++) {
        child_assert(keeps_foreign(others, slots[2 * index], heaps[index].used, heaps[index].kept));
        child_assert(cache_own->foreign_most == heaps[index].share);
        child_assert(!keeps_foreign(others, slots[2 * index + 1], heaps[index].used, heaps[index].kept + 1));
    }
}

static void a_thread_keeps_few_foreign_slots_in_a_small_heap(void **state UNUSED) {
    in_fresh_heap(keep_a_share, "purge:off");
}

/* A slot that another thread freed is on the slab's list. */
static void free_a_listed_slot_again(void) {
    char *slots[4];
    struct slab *own = noting_slab(slots);
    remote_publish(own, slots[0], slots[0], 1);
    child_assert(remote_collect(own) == 1 && !own->fast_owner && own->frees_left == 3);
    halloc_free(slots[0]); /* told, and not noted */
    child_assert(own->frees_left == 3 && own->free == slots[0] && !slab_noted(own));
    halloc_free(slots[1]);
    child_assert(own->frees_left == 2 && slab_noted(own) == 1);
}

/* One that lies on this thread's list of foreign slots already. */
static void free_a_foreign_slot_again(void) {
    halloc_free(halloc_malloc(1));
    char *slots[4];
    others_slab(cache_borrow(), slots, COUNT(slots));
    const struct foreign *foreign = &cache_own->foreign[size_class_of(64)];
    halloc_free(slots[0]);
    child_assert(foreign->first == slots[0] && foreign->bytes == 64);
    halloc_free(slots[0]); /* told, and not listed */
    child_assert(foreign->first == slots[0] && foreign->bytes == 64 && !slot_next(slots[0]));
    halloc_free(slots[1]);
    child_assert(foreign->first == slots[1] && foreign->bytes == 128);
}

/* A slab that has nothing listed: what a slot in use says by chance is the program's. */
static void free_what_looks_free(void) {
    char *slots[4];
    struct slab *own = noting_slab(slots);
    child_assert(!slab_has_listed(own) && !own->fast_owner);
    halloc_free(slots[0]);
    child_assert(own->frees_left == 3 && slab_noted(own) == 1);
}

static void look_with_time(void) {
    fake.milliseconds = 1000000;
    child_assert(pools_are_due() && !pools_are_due());
    fake.milliseconds += PURGE_INTERVAL_MS - 1;
    child_assert(!pools_are_due());
    fake.milliseconds += 1;
    child_assert(pools_are_due() && !pools_are_due());
    child_assert(!owner_is_cache(NULL) && !owner_is_cache(OWNER_FULL) && !owner_is_cache(OWNER_SHARED));
    child_assert(owner_is_cache(cache_own));
}

/* So many addresses in turn are in use, or one less. */
static void take_zeros(void) {
    for (size_t taken_ones = ZERO_TRIES - 1; taken_ones <= ZERO_TRIES; taken_ones++) {
        size_t place = place_of(zero_take());
        for (size_t each = 1; each <= taken_ones; each++)
            is_taken[place + each] = true;
        child_assert(!zero_take() == (taken_ones == ZERO_TRIES));
    }
    char *zeros = region.zeros;
    region.zeros = NULL;
    child_assert(!zero_take());
    region.zeros = zeros;
}

static void foreign_slots_and_pools_change_hands_as_they_should(void **state UNUSED) {
    in_fresh_heap(list_foreign, "purge:off");
    in_fresh_heap(thin_pools, "");
    in_fresh_heap(thin_pools_in_time, "");
    in_fresh_heap(find_the_nearest_slab, "purge:off");
    in_fresh_heap(sample_later, "purge:off");
    in_fresh_heap(free_a_listed_slot_again, "purge:off,misuse:warn");
    in_fresh_heap(free_a_foreign_slot_again, "purge:off,misuse:warn");
    in_fresh_heap(free_what_looks_free, "purge:off");
    in_fresh_heap(look_with_time, "");
    in_fresh_heap(take_zeros, "");
}

/* --- The checks of a slab ----------------------------------------------------------------------------------- */

static void look_at_lists(void) {
    unsigned size_class = size_class_of(64);
    struct thread_cache *owner = cache_borrow();
    struct slab *before = slab_make(size_class, owner), *slab = slab_make(size_class, owner);
    uint32_t count;
    child_assert(slab_start(before) < slab_start(slab));
    void *elsewhere = before->free = carve(before);
    slab->free = carve(slab); /* all of it, from the first slot on */
    child_assert(slab_list_is_sound(slab, &count) && count == slab_carved_slots(slab) && count == 64);
    void *second = slot_words(slab->free)[0];
    slot_set_free(slab->free, elsewhere);
    child_assert(!slab_list_is_sound(slab, &count));
    slot_set_free(slab->free, (char *)second + 16);
    child_assert(!slab_list_is_sound(slab, &count));
    slot_set_free(slab->free, second);
    slot_set_free(second, slab->free); /* a circle */
    child_assert(!slab_list_is_sound(slab, &count) && count == 65);
    slot_set_free(second, NULL);
    slot_words(second)[1] = NULL; /* not marked */
    child_assert(!slab_list_is_sound(slab, &count));
    slot_set_free(second, NULL);
    child_assert(slab_list_is_sound(slab, &count) && count == 2);
    char *behind = slab->last + 64; /* not carved */
    slot_set_free(behind, NULL);
    slot_set_free(second, behind);
    child_assert(!slab_list_is_sound(slab, &count));
    slot_set_free(second, NULL);
    child_assert(slab_is_whole(slab));
    uint32_t *heads = &region.heads[region_unit(slab_start(slab))], own = heads[0];
    size_t units = slab_bytes(slab) >> UNIT_SHIFT;
    for (size_t unit = 0; unit < units; unit++) {
        heads[unit] = 0;
        child_assert(!slab_is_whole(slab));
        heads[unit] = own;
    }
    heads[units] = 0;
    child_assert(slab_is_whole(slab));
    char *last = slab->last;
    slab->last = slab_start(slab) + slab_bytes(slab); /* whole slots, but more than there are */
    child_assert(strstr(slab_check(slab), "carved is not whole slots"));
    slab->last = last;
    slab->kind = UNIT_BLOCK;
    child_assert(!slab_is_whole(slab));
    slab->kind = UNIT_SLAB;
    void *free = slab->free;
    slab_set_full(slab);
    child_assert(strstr(slab_check(slab), "a full slab has free slots"));
    slab->free = NULL;
    child_assert(!slab_check(slab));
    slab->free = free;
    slab_release(slab);
    slab_release(before);
    void *object = halloc_malloc(100);
    void **list = &cache_own->list[size_class_of(500)], *was = *list;
    halloc_free(object);
    *list = object;
    child_assert(strstr(cache_check(cache_own), "cache 1"));
    *list = was;
    child_assert(!cache_check(cache_own));
}

/* A pointer may be stale: then any number comes of it. */
static void look_at_stale_slots(void) {
    taken(MIB, 1); /* before it */
    struct slab *slab = slab_make(size_class_of(64), cache_borrow());
    char *first = slab->free = carve(slab), *behind = slab->last + 64;
    slab_note_all(slab);
    child_assert(slot_is_free(slab, first) && slot_is_free(slab, slab->last));
    child_assert(!slot_is_free(slab, behind) && !slot_is_free(slab, behind + 640));
    *note_word(slab, 63) &= ~((uint64_t)1 << 63);
    child_assert(slot_is_marked(first) && slot_is_free(slab, first)); /* its mark is still there */
    slot_words(first)[1] = NULL;
    child_assert(!slot_is_free(slab, first));
    memset(slab_notes(slab), 0, 8);
    char *far = slab->last - SLAB_SLOTS_MOST * 64; /* its note would be another slab's */
    *note_word(slab, SLAB_SLOTS_MOST) |= 1;
    child_assert(slab_slot_number(slab, far) == SLAB_SLOTS_MOST && !slot_is_free(slab, far));
    *note_word(slab, SLAB_SLOTS_MOST) &= ~(uint64_t)1;
    slab_release(slab);
}

static void a_slab_is_looked_at_with_care(void **state UNUSED) {
    in_fresh_heap(look_at_lists, "");
    in_fresh_heap(look_at_stale_slots, "");
}

/* --- The frontier and purging ------------------------------------------------------------------------------- */

static void look_at_the_top(void) {
    halloc_free(halloc_malloc(1));
    taken(200 * MIB, 1);
    const struct engine *engine = &region.engine;
    region_give(taken(100 * MIB, 1), 0);
    size_t least = align_up((size_t)(engine->top - engine->base) / 4, UNIT_BYTES);
    child_assert(engine->last->isFree && engine->last->size > least && region_top_is_free());
    const halloc_policy *policy = engine->set[0].policy;
    region.engine.set[0].policy = &fit_buddy; /* buddies there are several blocks */
    child_assert(!region_top_is_free());
    region.engine.set[0].policy = policy;
    engine->last->isFree = 0;
    child_assert(!region_top_is_free());
    engine->last->isFree = 1;
    taken(engine->last->size - least, 1);
    child_assert(engine->last->size == least && region_top_is_free());
    taken(UNIT_BYTES, 1);
    child_assert(engine->last->size == least - UNIT_BYTES && !region_top_is_free());
    taken(engine->last->size, 1);
    child_assert(!engine->last->isFree && !region_top_is_free());
    char *last = taken(least, 1);
    child_assert(!engine->last->isFree || engine->last->size < least);
    child_assert(region_block_bytes(last) >= RETRACT_LEAST_BYTES && !region_top_is_free());
}

/* Others may need the addresses at the top of an open region: so no peak keeps them. */
static void forget_the_peak(void) {
    halloc_free(halloc_malloc(1));
    fake.milliseconds = 1000;
    char *block = taken(100 * MIB, 1);
    region_give(block, 0);
    child_assert(region_top_is_free());
    lock_acquire(&region.lock);
    size_t peak = purges.recent_peak_bytes, used = region.engine.used_bytes;
    child_assert(peak > used);
    is_due();
    child_assert(purges.recent_peak_bytes == peak); /* the region is not open */
    region.was_refused = true;
    is_due();
    child_assert(purges.recent_peak_bytes == used);
    region.was_refused = false;
    purges.recent_peak_bytes = peak;
    region.is_open[PART_BLOCKS] = true;
    is_due();
    child_assert(purges.recent_peak_bytes == used);
    purges.recent_peak_bytes = peak;
    lock_release(&region.lock);
    taken(99 * MIB, 1);
    lock_acquire(&region.lock);
    peak = purges.recent_peak_bytes;
    child_assert(!region_top_is_free());
    is_due();
    child_assert(purges.recent_peak_bytes == peak); /* or nothing is free there */
    region.is_open[PART_BLOCKS] = false;
    lock_release(&region.lock);
}

/* Of a page that lies partly outside, nothing can go: so nobody asks. */
static void purge_less_than_a_page(void) {
    halloc_free(halloc_malloc(1));
    halloc_malloc_trim(0);
    char *blocks[9];
    for (size_t index = 0; index < COUNT(blocks); index++)
        blocks[index] = taken(UNIT_BYTES, 1);
    size_t per_page = platform_page_bytes() / UNIT_BYTES;
    if (per_page < 2)
        return;
    size_t dirty = region.dirty_units;
    for (size_t index = 1; index < COUNT(blocks); index += 2)
        region_give(blocks[index], UNIT_BYTES);
    child_assert(region.dirty_units == dirty + 4);
    fake_refuse(0, 0);
    child_assert(purge_to(0, SIZE_MAX) == 0 && fake.calls == 0 && region.dirty_units == dirty + 4);
}

static const void *purger_seen;

static void see_purger(long number UNUSED, long a UNUSED, long b UNUSED, long c UNUSED, bool refused UNUSED) {
    purger_seen = purges.purger;
}

/* One thread at a time; and where the system takes nothing back, it is not asked for ever. */
static void purge_alone_and_in_vain(void) {
    enum { BLOCKS = 2 * (PURGE_FRUITLESS_MOST + PURGE_BATCH) };
    static char *blocks[BLOCKS];
    halloc_free(halloc_malloc(1));
    for (size_t index = 0; index < BLOCKS; index++)
        blocks[index] = taken(4 * UNIT_BYTES, 1);
    halloc_malloc_trim(0);
    for (size_t index = 0; index < BLOCKS; index += 2)
        region_give(blocks[index], 4 * UNIT_BYTES);
    fake_refuse(0, 0);
    purges.purger = "another thread";
    child_assert(purge_to(0, SIZE_MAX) == 0 && fake.calls == 0 && purges.purger);
    char *block = taken(UNIT_BYTES, 1); /* there is room: it waits for nobody */
    purges.purger = NULL;
    region_give(block, 0);
    fake_refuse(1, UINT64_MAX);
    fake.only = SYS_madvise;
    fake.watch = see_purger;
    child_assert(purge_to(0, SIZE_MAX) == 0 && purger_seen == thread_mark() && !purges.purger);
    child_assert(fake.calls >= PURGE_FRUITLESS_MOST && fake.calls < PURGE_FRUITLESS_MOST + PURGE_BATCH);
    fake_refuse(0, 0);
    fake.watch = NULL;
    child_assert(purge_to(0, SIZE_MAX) >= (BLOCKS / 2 - 1) * 4 * UNIT_BYTES);
}

/* As many blocks as one batch has; and no more than have to go. */
static void isolate(void) {
    halloc_free(halloc_malloc(1));
    halloc_malloc_trim(0);
    char *blocks[4 * PURGE_BATCH];
    for (size_t index = 0; index < COUNT(blocks); index++)
        blocks[index] = taken(2 * UNIT_BYTES, 1);
    for (size_t index = 0; index < COUNT(blocks); index += 2)
        region_give(blocks[index], 2 * UNIT_BYTES);
    size_t dirty = region.dirty_units;
    child_assert(dirty == 4 * PURGE_BATCH);
    lock_acquire(&region.lock);
    for (size_t keep = dirty; keep + 2 * PURGE_BATCH + 4 > dirty; keep--) {
        isolate_some(&(struct work){.keep_units = keep});
        child_assert(purges.count == min_size((dirty - keep + 1) / 2, PURGE_BATCH) && !region_check());
        put_back_all();
    }
    isolate_some(&(struct work){.fruitless = 2 * PURGE_BATCH - 3});
    child_assert(purges.count == 3); /* those that gave nothing stand before */
    put_back_all();
    isolate_some(&(struct work){.fruitless = 2 * PURGE_BATCH});
    child_assert(purges.count == 0);
    lock_release(&region.lock);
}

static void hold_as_much_as_is_allowed(void) {
    halloc_free(halloc_malloc(1));
    conf.limit_bytes = region_resident_bytes() + 4 * UNIT_BYTES;
    child_assert(region_may_hold(4 * UNIT_BYTES) && region_may_hold(3 * UNIT_BYTES + 1));
    child_assert(!region_may_hold(4 * UNIT_BYTES + 1) && region_may_hold(-(size_t)UNIT_BYTES));
    char *block = taken(2 * UNIT_BYTES, 1);
    child_assert(!region_resize(block, 5 * UNIT_BYTES) && region_resize(block, 4 * UNIT_BYTES));
    child_assert(region_resize(block, UNIT_BYTES));
    region_give(block, 0);
    conf.limit_bytes = region_resident_bytes() + 4 * UNIT_BYTES;
    conf.limit_bytes--;
    child_assert(!region_may_hold(4 * UNIT_BYTES) && region_may_hold(3 * UNIT_BYTES));
    conf.limit_bytes = 0;
    child_assert(region_may_hold(PTRDIFF_MAX));
    block = halloc_malloc(100000);
    size_t same = halloc_malloc_usable_size(block);
    conf.limit_bytes = 1; /* others need more now, and nothing may be had */
    child_assert(!halloc_realloc(block, same + 1) && halloc_realloc(block, same) == block);
    conf.limit_bytes = 0;
}

static void memory_is_kept_up_to_its_line(void **state UNUSED) {
    in_fresh_heap(look_at_the_top, "purge:off");
    in_fresh_heap(forget_the_peak, "");
    in_fresh_heaps(purge_less_than_a_page, "purge:off");
    in_fresh_heap(purge_alone_and_in_vain, "purge:off");
    in_fresh_heap(isolate, "purge:off");
    in_fresh_heap(hold_as_much_as_is_allowed, "purge:off");
}

/* --- The system ------------------------------------------------------------------------------------------------ */

static void results_below_zero_are_errors(void **state UNUSED) {
    assert_false(failed(0));
    assert_true(failed(-1));
    assert_true(failed(-4095));
    assert_false(failed(-4096));
}

static void count_resident(void) {
    size_t page = platform_page_bytes(), pages = 2500;
    char *memory = platform_map(pages * page, false);
    child_assert(platform_commit(memory, pages * page) && platform_resident(memory, pages * page) == 0);
    platform_huge_pages(memory, pages * page, false); /* whatever the system would do */
    size_t written[] = {0, 1, 1023, 1024, 2047, 2499};
    for (size_t index = 0; index < COUNT(written); index++)
        memory[written[index] * page] = 1;
    child_assert(platform_resident(memory, pages * page) == COUNT(written) * page);
    child_assert(platform_resident(memory, 1024 * page) == 3 * page &&
                 platform_resident(memory + page, page) == page);
    child_assert(platform_resident(memory, 2 * page - 1) == page && platform_resident(memory, 0) == 0);
    fake_refuse(2, 2);
    child_assert(platform_resident(memory, pages * page) == 0);
    fake_refuse(0, 0);
}

static void resident_pages_are_counted(void **state UNUSED) {
    in_fresh_heap(count_resident, "thp:system");
}

/* The first look at memory that was given back tells whether the system keeps its word. */
static void purge_at_first(void) {
    size_t page = platform_page_bytes();
    char *memory = platform_map(2 * page, false);
    child_assert(platform_commit(memory, 2 * page));
    memory[0] = 7;
    memory[page] = 8;
    errno = 5;
    fake_refuse(1, 1);
    child_assert(!platform_purge(memory, 2 * page) && memory[0] == 7 && memory[page] == 8 && errno == 5);
    child_assert(platform_purge(memory, page) && memory[0] == 0 && memory[page] == 8);
    memory[0] = 9;
    fake_refuse(1, 1);
    child_assert(!platform_purge(memory, page) && memory[0] == 9 && errno == 5);
    child_assert(platform_purge(memory, page) && memory[0] == 0);
}

static void memory_that_was_not_taken_keeps_its_bytes(void **state UNUSED) {
    in_fresh_heaps(purge_at_first, "");
}

/* --- Policies ------------------------------------------------------------------------------------------------- */

/* On the last list blocks of all sizes stand, so all are looked at; on others so many. */
static void own_lists_are_searched(void **state UNUSED) {
    MemoryBlock blocks[OWN_LIST_LOOKS + 2] = {0};
    halloc_free_set set = {.policy = &fit_segregated, .granule = 16};
    size_t list = 10 * LEVEL_LISTS, least = (size_t)16 << 12;
    while (list_by_size(&set, least) < list)
        least += 16;
    list = list_by_size(&set, least);
    for (size_t each = 0; each < COUNT(blocks); each++) {
        memset(&set.root, 0, sizeof set.root);
        memset(&set.bitmap, 0, sizeof set.bitmap);
        for (size_t index = 0; index < COUNT(blocks); index++) {
            blocks[index] = (MemoryBlock){.size = least + (index == each ? 16 : 0), .isFree = 1};
            segregated_insert(&set, &blocks[index]);
        }
        child_assert(list_by_size(&set, least + 16) == list);
        size_t place = COUNT(blocks) - 1 - each; /* what was inserted last is looked at first */
        assert_ptr_equal(segregated_find(&set, least + 16), place < OWN_LIST_LOOKS ? &blocks[each] : NULL);
    }
    size_t huge = (size_t)1 << 62;
    assert_int_equal(list_by_size(&set, huge), LAST_LIST);
    for (size_t each = 0; each < COUNT(blocks); each++) {
        memset(&set.root, 0, sizeof set.root);
        memset(&set.bitmap, 0, sizeof set.bitmap);
        for (size_t index = 0; index < COUNT(blocks); index++) {
            blocks[index] = (MemoryBlock){.size = index == each ? huge : huge - 16, .isFree = 1};
            segregated_insert(&set, &blocks[index]);
        }
        assert_ptr_equal(segregated_find(&set, huge), &blocks[each]);
        assert_null(segregated_find(&set, huge + 16));
    }
}

/* Where no list holds a block, nothing behind the bitmaps is taken for one. */
static void no_list_is_found_where_none_holds_a_block(void **state UNUSED) {
    static halloc_free_set sets[2];
    memset(sets, 255, sizeof sets);
    memset(sets[0].bitmap, 0, sizeof sets[0].bitmap);
    for (size_t list = 0; list < HALLOC_ROOTS; list++) {
        assert_int_equal(next_used_list(&sets[0], list), HALLOC_ROOTS);
        assert_int_equal(scan_bitmaps(&sets[0], list), HALLOC_ROOTS);
    }
}

/* --- A heap of the program's own ------------------------------------------------------------------------------ */

static size_t released_bytes;

static void add_released(long number, long a UNUSED, long b, long c UNUSED, bool refused UNUSED) {
    released_bytes += number == SYS_munmap ? (size_t)b : 0;
}

static void make_refused(void) {
    size_t page = platform_page_bytes();
    halloc_heap_options growing = {.growing = true, .reserve_bytes = 64 * MIB}, fixed = {.pages = 3};
    fake.watch = add_released;
    fake_refuse(1, 1);
    child_assert(!halloc_heap_create(&fixed) && errno == ENOMEM && fake.calls == 1 && released_bytes == 0);
    fake_refuse(1, 2);
    halloc_heap *heap = halloc_heap_create(&growing);
    child_assert(heap && (size_t)(heap->engine.limit - heap->engine.base) == 16 * MIB && heaps == heap);
    halloc_heap_destroy(heap);
    child_assert(!heaps);
    released_bytes = 0;
    fake_refuse(1, UINT64_MAX);
    child_assert(!halloc_heap_create(&growing) && errno == ENOMEM && released_bytes == 0);
    fake_refuse(1, UINT64_MAX);
    fake.only = SYS_mprotect;
    child_assert(!halloc_heap_create(&fixed) && errno == ENOMEM);
    size_t alignment = max_size(REGION_ALIGNMENT_BYTES, page);
    size_t record_bytes = align_up(sizeof(halloc_heap) + HEADER_BYTES, page);
    child_assert(released_bytes == record_bytes + alignment + 3 * page); /* all that was mapped */
    fake_refuse(0, 0);
    fake.only = 0;
    fake.watch = NULL;
    halloc_heap *first = halloc_heap_create(&fixed), *second = halloc_heap_create(&fixed);
    halloc_heap *third = halloc_heap_create(&growing);
    child_assert(heaps == third && third->next == second && second->next == first && !first->next);
    halloc_heap_destroy(second);
    child_assert(third->next == first && first->link == &third->next);
    halloc_heap_destroy(third);
    child_assert(heaps == first && first->link == &heaps);
    halloc_heap_destroy(first);
    child_assert(!heaps);
}

/* Where a page has several units, a block's first and last page are others' too: what calloc clears is its own. */
static void clear_beside_others(void) {
    unsigned char *blocks[32];
    size_t bytes = 80000;
    for (size_t index = 0; index < COUNT(blocks); index++)
        child_assert((blocks[index] = halloc_calloc(1, bytes)));
    for (size_t index = 1; index < COUNT(blocks); index += 2)
        memset(blocks[index], 1, bytes);
    for (size_t index = 0; index < COUNT(blocks); index += 2)
        halloc_free(blocks[index]);
    for (size_t index = 0; index < COUNT(blocks); index += 2)
        child_assert((blocks[index] = halloc_calloc(1, bytes)) && !blocks[index][0] &&
                     !blocks[index][bytes - 1]);
    for (size_t index = 1; index < COUNT(blocks); index += 2)
        for (size_t at = 0; at < bytes; at++)
            child_assert(blocks[index][at] == 1);
}

/* What is resident by half is cleared where it lies; what is less goes back. Small blocks nobody looks at. */
static void clear_by_half(void) {
    halloc_free(halloc_malloc(1));
    size_t bytes = ZERO_LOOK_BYTES, page = platform_page_bytes();
    if (page > UNIT_BYTES)
        return; /* it may be others' as well */
    char *block = taken(bytes, 64 * KIB);
    for (size_t written = bytes / 2 - page; written <= bytes / 2; written += page) {
        platform_purge(block, bytes);
        memset(block, 1, written);
        region_zero(block, bytes);
        child_assert(platform_resident(block, bytes) == (written < bytes / 2 ? 0 : bytes) && !block[0]);
    }
    fake_refuse(0, 0);
    memset(block, 1, bytes);
    region_zero(block, bytes - 1);
    child_assert(fake.calls == 0 && !block[0] && block[bytes - 1] == 1);
}

static void calloc_clears_nothing_beside_its_block(void **state UNUSED) {
    in_fresh_heaps(clear_beside_others, "");
    in_fresh_heap(clear_by_half, "thp:never");
}

/* A step that is refused, then just what is needed; at the end all that is left. */
static void grow_refused(void) {
    size_t page = platform_page_bytes();
    halloc_heap *heap =
        halloc_heap_create(&(halloc_heap_options){.growing = true, .pages = 1, .reserve_bytes = 40 * page});
    struct engine *engine = &heap->engine;
    char *top = engine->top;
    fake_refuse(1, 1);
    child_assert(heap_grow(engine, page + 1) && engine->top == top + 2 * page);
    fake_refuse(1, 2);
    child_assert(!heap_grow(engine, page) && engine->top == top + 2 * page);
    fake_refuse(0, 0);
    child_assert(heap_grow(engine, 30 * page) && engine->top >= top + 32 * page);
    size_t room = (size_t)(engine->limit - engine->top);
    child_assert(!room || (heap_grow(engine, room) && engine->top == engine->limit));
    engine->top[0] = 1; /* the header at the end */
}

static void heaps_are_made_and_grow_where_the_system_refuses(void **state UNUSED) {
    in_fresh_heaps(make_refused, "");
    in_fresh_heaps(grow_refused, "");
}

/* --- Before another thread begins --------------------------------------------------------------------------- */

static bool shares_slabs(size_t used_bytes, size_t threads) {
    char *slots[2];
    halloc_free(halloc_malloc(1));
    struct slab *own = others_slab(cache_own, slots, 2);
    slab_list_append(&cache_own->partial[own->size_class], own);
    counters->used_bytes = used_bytes;
    live_caches = threads;
    halloc_before_thread();
    live_caches = 1;
    child_assert(own->owner == cache_own || own->state == SLAB_SHARED);
    return own->owner == OWNER_SHARED;
}

static void begin_threads(void) {
    halloc_before_thread(); /* nothing was allocated: there is no cache */
    child_assert(!shares_slabs(NOTES_FROM_BYTES - 1, 1));
    child_assert(!shares_slabs(NOTES_FROM_BYTES, 2));
    child_assert(shares_slabs(NOTES_FROM_BYTES, 1));
}

static void
a_thread_that_was_alone_in_a_large_heap_shares_its_slabs_before_another_begins(void **state UNUSED) {
    in_fresh_heaps(begin_threads, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(calloc_clears_nothing_beside_its_block),
        test(unused_slabs_go_where_threads_share),
        test(a_thread_that_holds_much_looks_at_once),
        test(a_slab_that_others_emptied_is_not_kept),
        test(a_slab_with_an_object_stays),
        test(a_thread_earns_what_it_may_give_up),
        test(a_thread_keeps_few_foreign_slots_in_a_small_heap),
        test(a_pool_keeps_a_few_empty_slabs),
        test(huge_pages_are_wished_for_on_exactly_so_much_evidence),
        test(large_blocks_are_kept_told_and_moved_as_they_should),
        test(foreign_slots_and_pools_change_hands_as_they_should),
        test(a_slab_is_looked_at_with_care),
        test(memory_is_kept_up_to_its_line),
        test(results_below_zero_are_errors),
        test(resident_pages_are_counted),
        test(memory_that_was_not_taken_keeps_its_bytes),
        test(own_lists_are_searched),
        test(no_list_is_found_where_none_holds_a_block),
        test(heaps_are_made_and_grow_where_the_system_refuses),
        test(a_thread_that_was_alone_in_a_large_heap_shares_its_slabs_before_another_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
