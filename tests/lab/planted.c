/* A policy with the mistakes that learners make, one at a time: MISTAKE says which. 0: it is sound. */
#include "halloc.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef MISTAKE
#define MISTAKE 0
#endif

#define SOUND 0
#define INSERT_FORGETS 1   /* only the first block is put on the list */
#define INSERT_LOSES 2     /* the new head does not link to the old one */
#define REMOVE_FORGETS 3   /* a block in the middle stays on the list */
#define REMOVE_LOSES 4     /* the list ends where the block was */
#define LIST_CYCLE 5       /* the last block links to the first */
#define FIND_LOOPS 6       /* a search that does not go on */
#define FIND_TOO_SMALL 7   /* whatever is at the head */
#define FIND_IN_USE 8      /* the neighbour of the right block */
#define FIND_WILD 9        /* an address that is no block's */
#define FIND_MISSES 10     /* > for >=: a block that fits exactly is passed over */
#define FIND_MOVES 11      /* find writes into the set */
#define OVERLAP 12         /* insert makes the block longer than it is */
#define STRAY_WRITE 13     /* remove writes a link into the neighbour's payload */
#define APART 14           /* may_merge: never */
#define MERGE_WAVERS 15    /* may_merge: every other time */
#define PIECE_ZERO 16      /* a split hook that cuts nothing off */
#define PIECE_ODD 17       /* ... that cuts in the middle of a granule */
#define ROUND_DOWN 18      /* round_size gives less than asked for */
#define CRASH_IN_REMOVE 19 /* no neighbour is not a case that was thought of */
#define CRASH_IN_INSERT 20 /* at once */
#define EXITS 21           /* a hook ends the process */
#define PIECE_LONG 22      /* ... that cuts off more than there is */
#define CALLS_ABORT 23     /* a hook's own check */
#define MERGES_TOO_MUCH 24 /* what may_merge allows, piece does not */
#define FIND_WRITES 25     /* find makes another block longer */
#define AT_ONCE 26         /* before there is any call */
#define FIND_NEVER 27      /* finds what it sought, and does not return it */
#define ASSERTS 28         /* ... the same as an assert, after much talk */
#define LIST_BEYOND 29     /* no such list, in insert */
#define FIND_BEYOND 30     /* ... and in find, of large sizes */
#define ROVER_AS_ROOT 31   /* the place of a rover is taken for a list */
#define ROVER_WITHIN 32    /* ... and leads into the middle of another */
#define FIND_NESTS 33      /* find calls itself without end */
#define DIVIDES 34         /* by a count that is zero */
#define LIST_BELOW 35      /* no list has an index below 0 */
#define SLEEPS 36          /* ... for long */

volatile size_t quotient;

static int wide(const MemoryBlock *block) {
    return block->size >= 500;
}

static int nest(volatile int depth) {
    return depth ? nest(depth + 1) + 1 : 0;
}

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    if (MISTAKE == FIND_NESTS && nest(set->count > 1))
        return NULL;
    if (MISTAKE == DIVIDES)
        quotient = size / (set->count - 1);
    if (MISTAKE == DIVIDES && set->count == 1)
        raise(SIGFPE); /* some processors go on */
    while (MISTAKE == SLEEPS)
        sleep(9);
    if (MISTAKE == FIND_MOVES)
        ((halloc_free_set *)set)->cursor = set->root[0];
    if (MISTAKE == FIND_WRITES && set->root[0] && set->root[0]->nextFree)
        set->root[0]->nextFree->size += 16;
    if (MISTAKE == FIND_BEYOND && set->root[size / 16 % 400] && set->count > 2)
        return NULL;
    if (MISTAKE == FIND_TOO_SMALL)
        return set->root[0];
    for (MemoryBlock *block = set->root[0]; block;) {
        if (MISTAKE == FIND_MISSES ? halloc_probe(set, block) > size : halloc_probe(set, block) >= size) {
            if (MISTAKE == FIND_IN_USE && block->prev && !block->prev->isFree)
                return block->prev;
            if (MISTAKE == FIND_WILD && set->finds > 3)
                return (MemoryBlock *)((char *)block + 16);
            return MISTAKE == FIND_NEVER && size > 200 ? NULL : block;
        }
        if (MISTAKE != FIND_LOOPS || !block->nextFree || wide(block->nextFree))
            block = block->nextFree;
    }
    return NULL;
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    if (MISTAKE == AT_ONCE)
        return;
    if (MISTAKE == INSERT_FORGETS && set->root[0] && block->size < 200)
        return;
    if (MISTAKE == CRASH_IN_INSERT && set->root[0])
        set->root[0]->nextFree->prevFree = block;
    if (MISTAKE == OVERLAP && set->count > 2)
        block->size += 16;
    if (MISTAKE == EXITS && set->count > 2)
        exit(0);
    if (MISTAKE == CALLS_ABORT && set->count > 2) {
        puts("three blocks are too many");
        abort();
    }
    for (int line = 0; MISTAKE == ASSERTS && line < 50; line++)
        puts("inserting");
    assert(MISTAKE != ASSERTS || set->count <= 2);
    halloc_list_push(set,
                     MISTAKE == LIST_BEYOND && block->next ? 300
                     : MISTAKE == LIST_BELOW               ? (size_t)-1
                                                           : 0,
                     block);
    if (MISTAKE == ROVER_AS_ROOT || (MISTAKE == ROVER_WITHIN && block->nextFree))
        set->root[1] = MISTAKE == ROVER_AS_ROOT ? block : block->nextFree;
    if (MISTAKE == INSERT_LOSES && block->nextFree && !block->nextFree->nextFree)
        block->nextFree = NULL;
    if (MISTAKE == LIST_CYCLE && block->nextFree && !block->nextFree->nextFree)
        block->nextFree->nextFree = block;
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    if (MISTAKE == REMOVE_FORGETS && block->prevFree && block->nextFree)
        return;
    if (MISTAKE == CRASH_IN_REMOVE) {
        if (block->prevFree)
            block->prevFree->nextFree = block->nextFree;
        else
            set->root[0] = block->nextFree;
        if (block->prevFree)
            block->nextFree->prevFree = block->prevFree;
        else if (block->nextFree)
            block->nextFree->prevFree = NULL;
        return;
    }
    if (MISTAKE == REMOVE_LOSES && block->prevFree) {
        block->prevFree->nextFree = NULL;
        return;
    }
    if (MISTAKE == STRAY_WRITE && block->prev && !block->prev->isFree)
        *(void **)((char *)block - 8) = block;
    halloc_list_unlink(set, 0, block);
}

#if MISTAKE == APART || MISTAKE == MERGE_WAVERS
static bool may_merge(const halloc_free_set *set, size_t payload, size_t left, size_t right) {
    static int asked;
    (void)set, (void)payload, (void)left, (void)right;
    return MISTAKE == MERGE_WAVERS && asked++ % 3;
}
#endif

#if MISTAKE == PIECE_ZERO || MISTAKE == PIECE_ODD || MISTAKE == PIECE_LONG || MISTAKE == MERGES_TOO_MUCH
static size_t piece(const halloc_free_set *set, size_t payload, size_t bytes) {
    (void)payload;
    if (MISTAKE == MERGES_TOO_MUCH)
        return bytes > 4096 ? 4096 : bytes;
    if (set->count < 2 || bytes < 200)
        return bytes;
    return MISTAKE == PIECE_ZERO ? 0 : MISTAKE == PIECE_ODD ? 104 : bytes + 16;
}
#endif

#if MISTAKE == ROUND_DOWN
static size_t round_size(const halloc_free_set *set, size_t size) {
    return size > 300 ? 304 - set->header_bytes : size;
}
#endif

const halloc_policy halloc_user_policy = {
    .name = "planted",
    .summary = "with a mistake in it",
    .learning = true,
    .find = find,
    .insert = insert,
    .remove = take_out,
#if MISTAKE == APART || MISTAKE == MERGE_WAVERS
    .may_merge = may_merge,
#endif
#if MISTAKE == PIECE_ZERO || MISTAKE == PIECE_ODD || MISTAKE == PIECE_LONG || MISTAKE == MERGES_TOO_MUCH
    .piece = piece,
#endif
#if MISTAKE == ROUND_DOWN
    .round_size = round_size,
#endif
};
