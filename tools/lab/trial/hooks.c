/*
 * hooks.c - stands between the engine and the policy. It checks a hook's promises as soon as the hook
 * returns. So the report blames the right hook, and not a later one.
 *
 * The engine trusts its policy: a wrong answer would damage the heap. So after the first broken promise the
 * policy is not called again. The engine finishes this call with harmless answers, and the trial ends.
 */
#include "../../../src/classic/heap.h"
#include "trial.h"

#include <inttypes.h>
#include <string.h>

#define NULLS_MOST 100 /* NULLs of find in one call although a block would have fitted */
#define SIZE_SURELY_SERVED ((size_t)1 << 30) /* no rounding makes such a size too large */

static halloc_policy watched;

static struct engine *engine_of(const halloc_free_set *set) {
    return (struct engine *)((char *)set - offsetof(struct engine, set));
}

static uint64_t offset_of(const struct engine *engine, const MemoryBlock *block) {
    return (uint64_t)((const char *)block - engine->base) + engine->header_bytes;
}

static bool over(void) {
    return stage_watch.stage->verdict.rule != RULE_NONE;
}

static void enter(enum hook hook) {
    stage_watch.stage->hook = hook;
    stage_watch.stage->ticks++;
}

static void leave(void) {
    struct stage *stage = stage_watch.stage;
    enum hook hook = stage->hook;
    stage->hook = HOOK_NONE;
    stage->ticks++;
    if (stage->allocates)
        stage_blame(stage, RULE_ALLOCATES, hook, NOWHERE, "%s called %s", hook_name(hook), stage->allocates);
    stage->allocates = NULL;
}

/* --- Lists -------------------------------------------------------------------------------------------- */

struct lists_seen {
    size_t count;
    bool present; /* the block is on a list */
    const char *broken;
    uint64_t place; /* the place of the fault */
};

static bool is_record(const struct engine *engine, const MemoryBlock *block) {
    return (const char *)block >= engine->base && (const char *)block < engine->top &&
           (size_t)(engine->top - (const char *)block) >= sizeof *block &&
           (uintptr_t)block % ALIGNMENT_BYTES == 0 && block->tag == block_tag(engine, block);
}

/* Trusts no link: follows it only to a genuine record, and at most as often as there are blocks. */
static struct lists_seen see_lists(const halloc_free_set *set, const MemoryBlock *sought) {
    const struct engine *engine = engine_of(set);
    struct lists_seen seen = {.place = NOWHERE};
    for (size_t root = 0; root < HALLOC_ROOTS; root++) {
        const MemoryBlock *before = NULL;
        for (const MemoryBlock *block = set->root[root]; block; before = block, block = block->nextFree) {
            if (!is_record(engine, block)) {
                seen.broken = before ? "a nextFree link leads to no block of the heap"
                                     : "a root leads to no block of the heap";
                seen.place = before ? offset_of(engine, before) : NOWHERE;
                return seen;
            }
            seen.place = offset_of(engine, block);
            seen.broken =
                block->prevFree != before ? "a prevFree link does not lead back to the block before"
                : ++seen.count > set->count + 1
                    ? "the lists hold more blocks than there are: one is on two lists, or a list is a circle"
                    : NULL;
            if (seen.broken)
                return seen;
            seen.present |= block == sought;
        }
    }
    seen.place = NOWHERE;
    return seen;
}

/* Two roots that lead to one block: one of them is the place of something else, perhaps of a rover. Asked
 * only when something is wrong. */
static bool find_two_lists(const halloc_free_set *set, size_t roots[2]) {
    for (roots[1] = 1; roots[1] < HALLOC_ROOTS; roots[1]++)
        for (roots[0] = 0; set->root[roots[1]] && roots[0] < roots[1]; roots[0]++) {
            size_t left = set->count + 2;
            for (const MemoryBlock *block = set->root[roots[0]]; left-- && is_record(engine_of(set), block);
                 block = block->nextFree)
                if (block == set->root[roots[1]])
                    return true;
        }
    return false;
}

static const char *what_changed(const MemoryBlock *before, const MemoryBlock *after) {
    return before->size != after->size       ? "size"
           : before->next != after->next     ? "next"
           : before->prev != after->prev     ? "prev"
           : before->isFree != after->isFree ? "isFree"
           : before->tag != after->tag       ? "tag"
                                             : NULL;
}

/* An index below 0 writes into the bitmap, which lies before the lists. */
static bool uses_negative_index(const halloc_free_set *set, const MemoryBlock *block, enum hook hook) {
    for (size_t word = 0; word < HALLOC_WORDS; word++)
        if (set->bitmap[word] == (unsigned long)(uintptr_t)block) {
            stage_blame(stage_watch.stage, RULE_LIST_INDEX, hook, offset_of(engine_of(set), block),
                        "%s used list index %d: there are lists 0 to %d", hook_name(hook),
                        (int)word - HALLOC_WORDS, HALLOC_ROOTS - 1);
            return true;
        }
    return false;
}

/* After insert (inserted) or remove: is the block on a list or not, as it should be? Are all others still
 * there? */
static void look_at_lists(const halloc_free_set *set, const MemoryBlock *block, const MemoryBlock *before,
                          bool inserted) {
    enum hook hook = inserted ? HOOK_INSERT : HOOK_REMOVE;
    const char *name = hook_name(hook), *changed = what_changed(before, block);
    uint64_t place = offset_of(engine_of(set), block);
    if (changed) {
        stage_blame(stage_watch.stage, RULE_RECORD, hook, place,
                    "%s changed %s of the block that it was given", name, changed);
        return;
    }
    if (!stage_watch.closely || (inserted && uses_negative_index(set, block, hook)))
        return;
    struct lists_seen seen = see_lists(set, block);
    size_t roots[2];
    if ((seen.broken || seen.count > set->count) && find_two_lists(set, roots))
        stage_blame(
            stage_watch.stage, RULE_TWO_LISTS, hook, offset_of(engine_of(set), set->root[roots[1]]),
            "after %s of a block of %zu bytes one block is on two lists: of root[%zu] and of root[%zu]", name,
            block->size, roots[0], roots[1]);
    else if (seen.broken)
        stage_blame(stage_watch.stage, RULE_LINKS, hook, seen.place, "after %s of a block of %zu bytes %s",
                    name, block->size, seen.broken);
    else if (inserted && !seen.present)
        stage_blame(stage_watch.stage, RULE_INSERT_FORGETS, hook, place,
                    "insert was given a free block of %zu bytes and put it on no list", block->size);
    else if (!inserted && seen.present)
        stage_blame(stage_watch.stage, RULE_REMOVE_FORGETS, hook, place,
                    "remove left the block of %zu bytes on its list", block->size);
    else if (seen.count < set->count)
        stage_blame(stage_watch.stage, inserted ? RULE_INSERT_LOSES : RULE_REMOVE_LOSES, hook, place,
                    "%s of a block of %zu bytes: %zu other free block%s fell off the lists", name,
                    block->size, set->count - seen.count, set->count - seen.count == 1 ? "" : "s");
}

/* --- find --------------------------------------------------------------------------------------------- */

static const MemoryBlock *any_that_fits(const struct engine *engine, size_t size) {
    const MemoryBlock *block = engine->first;
    while (block && (!block->isFree || block->size < size))
        block = block->next;
    return block;
}

/* By its offset, because addresses differ from run to run. */
static void blame_wild(const struct engine *engine, const MemoryBlock *block, size_t size) {
    bool inside = (const char *)block >= engine->base && (const char *)block < engine->top;
    uint64_t place = inside ? offset_of(engine, block) : NOWHERE;
    if (inside)
        stage_blame(stage_watch.stage, RULE_FIND_NO_BLOCK, HOOK_FIND, place,
                    "for %zu bytes find gave a pointer into the heap where no block begins, at +%" PRIu64,
                    size, place);
    else
        stage_blame(stage_watch.stage, RULE_FIND_NO_BLOCK, HOOK_FIND, place,
                    "for %zu bytes find gave a pointer that leads out of the heap", size);
}

static void look_at_found(const struct engine *engine, const MemoryBlock *block, size_t size) {
    if (!is_record(engine, block))
        blame_wild(engine, block, size);
    else if (block->isFree != 1)
        stage_blame(stage_watch.stage, RULE_FIND_IN_USE, HOOK_FIND, offset_of(engine, block),
                    "for %zu bytes find gave a block that is in use", size);
    else if (block->size < size)
        stage_blame(stage_watch.stage, RULE_FIND_TOO_SMALL, HOOK_FIND, offset_of(engine, block),
                    "for %zu bytes find gave a block of %zu bytes", size, block->size);
}

static void look_at_miss(const struct engine *engine, size_t size) {
    const MemoryBlock *block = any_that_fits(engine, size);
    struct warnings *warnings = &stage_watch.stage->warnings;
    if (!block)
        return;
    if (stage_watch.options->strict)
        stage_blame(stage_watch.stage, RULE_FIND_MISSES, HOOK_FIND, offset_of(engine, block),
                    "for %zu bytes find gave NULL, and a free block of %zu bytes would have fitted", size,
                    block->size);
    if (!warnings->misses++) {
        warnings->first_miss = stage_watch.stage->at;
        warnings->missed_size = size;
        warnings->missed_block = block->size;
    }
}

/* After each NULL the heap grows by the missing bytes. A policy that rounds up, or cuts only at certain
 * places, may need that twice. */
static void look_for_no_end(const struct engine *engine, size_t size) {
    stage_watch.nulls = stage_watch.nulls_at == stage_watch.stage->at ? stage_watch.nulls + 1 : 1;
    stage_watch.nulls_at = stage_watch.stage->at;
    const MemoryBlock *block = stage_watch.nulls > NULLS_MOST ? any_that_fits(engine, size) : NULL;
    if (block)
        stage_blame(
            stage_watch.stage, RULE_FIND_NEVER, HOOK_FIND, offset_of(engine, block),
            "for %zu bytes find gave NULL right after the heap grew, %d times on end; a free block of "
            "%zu bytes would have fitted",
            size, NULLS_MOST, block->size);
}

/* Which part of the set find has changed, except the probes. */
static bool is_changed(const halloc_free_set *before, const halloc_free_set *after) {
    return before->cursor != after->cursor || before->count != after->count ||
           memcmp(before->bitmap, after->bitmap, sizeof before->bitmap) != 0 ||
           memcmp(before->root, after->root, sizeof before->root) != 0;
}

static void blame_probes(enum hook hook) {
    stage_blame(stage_watch.stage, RULE_UNCOUNTED, hook, NOWHERE, "%s took probes back that were counted",
                hook_name(hook));
}

static MemoryBlock *watch_find(const halloc_free_set *set, size_t size) {
    const struct engine *engine = engine_of(set);
    if (over())
        return (MemoryBlock *)any_that_fits(engine, size);
    halloc_free_set *shown = fence_show(set);
    enter(HOOK_FIND);
    MemoryBlock *block = stage_watch.policy->find(shown, size);
    size_t probes = shown->probes;
    MemoryBlock *again = stage_watch.closely ? stage_watch.policy->find(shown, size) : block;
    leave();
    if (probes < set->probes)
        blame_probes(HOOK_FIND);
    stage_watch.stage->probes += probes - set->probes;
    stage_watch.stage->finds++;
    ((halloc_free_set *)set)->probes = probes;
    if (is_changed(set, shown))
        stage_blame(stage_watch.stage, RULE_FIND_CHANGES, HOOK_FIND, NOWHERE, "find changed %s",
                    shown->cursor != set->cursor ? "set->cursor" : "the set");
    else if (again != block)
        stage_blame(stage_watch.stage, RULE_FIND_WAVERS, HOOK_FIND, NOWHERE,
                    "for %zu bytes find gave one block, and another when it was asked again", size);
    else if (block)
        look_at_found(engine, block, size);
    else if (stage_watch.closely || stage_watch.options->strict)
        look_at_miss(engine, size);
    if (!block)
        look_for_no_end(engine, size);
    return over() ? (MemoryBlock *)any_that_fits(engine, size) : block;
}

/* --- insert, remove, take ----------------------------------------------------------------------------- */

static void change(enum hook hook, void (*call)(halloc_free_set *set, MemoryBlock *block),
                   halloc_free_set *set, MemoryBlock *block) {
    halloc_free_set *shown = fence_show(set);
    enter(hook);
    call(shown, block);
    leave();
    if (shown->probes < set->probes)
        blame_probes(hook);
    *set = *shown;
}

static void watch_insert(halloc_free_set *set, MemoryBlock *block) {
    MemoryBlock before = *block;
    if (over())
        return;
    change(HOOK_INSERT, stage_watch.policy->insert, set, block);
    look_at_lists(set, block, &before, true);
}

/* This is no fault: a policy may move its cursor later. But if something breaks then, here is the cause. */
static void look_at_cursor(const halloc_free_set *set, const MemoryBlock *removed) {
    struct stage *stage = stage_watch.stage;
    uint64_t place = offset_of(engine_of(set), removed);
    bool stays = set->cursor == removed;
    if (stays) {
        stage->stranded_at = stage->at;
        stage->stranded_place = place;
    } else if (!set->cursor || offset_of(engine_of(set), set->cursor) != stage->stranded_place) {
        stage->stranded_place = NOWHERE;
    }
}

static void watch_remove(halloc_free_set *set, MemoryBlock *block) {
    MemoryBlock before = *block;
    if (over())
        return;
    change(HOOK_REMOVE, stage_watch.policy->remove, set, block);
    look_at_cursor(set, block);
    look_at_lists(set, block, &before, false);
}

static void watch_take(halloc_free_set *set, MemoryBlock *block) {
    MemoryBlock before = *block;
    if (over())
        return;
    change(HOOK_TAKE, stage_watch.policy->take, set, block);
    const char *changed = what_changed(&before, block);
    if (changed)
        stage_blame(stage_watch.stage, RULE_RECORD, HOOK_TAKE, offset_of(engine_of(set), block),
                    "take changed %s of the block that it was given", changed);
}

/* --- The optional ones -------------------------------------------------------------------------------- */

static size_t watch_round_size(const halloc_free_set *set, size_t size) {
    if (over())
        return size;
    enter(HOOK_ROUND);
    size_t rounded = stage_watch.policy->round_size(set, size);
    leave();
    bool refused = !rounded && size > SIZE_SURELY_SERVED;
    if (refused || (rounded >= size && (rounded + set->header_bytes) % set->granule == 0))
        return rounded;
    stage_blame(stage_watch.stage, RULE_ROUND, HOOK_ROUND, NOWHERE, "round_size made %zu bytes of %zu",
                rounded, size);
    return size;
}

static size_t watch_piece(const halloc_free_set *set, size_t payload, size_t bytes) {
    if (over())
        return bytes;
    enter(HOOK_PIECE);
    size_t piece = stage_watch.policy->piece(set, payload, bytes);
    leave();
    size_t least = set->header_bytes + set->granule;
    if (piece <= bytes && piece % set->granule == 0 && (piece >= least || piece == bytes))
        return piece;
    stage_blame(stage_watch.stage, RULE_PIECE, HOOK_PIECE, NOWHERE,
                "piece cut %zu bytes off %zu: a block takes at least %zu here, and multiples of %zu", piece,
                bytes, least, set->granule);
    return bytes;
}

static bool watch_may_merge(const halloc_free_set *set, size_t payload, size_t left, size_t right) {
    if (over())
        return true;
    enter(HOOK_MERGE);
    bool may = stage_watch.policy->may_merge(set, payload, left, right);
    bool again = stage_watch.policy->may_merge(set, payload, left, right);
    leave();
    if (may != again)
        stage_blame(stage_watch.stage, RULE_MERGE_WAVERS, HOOK_MERGE, NOWHERE,
                    "may_merge gave two answers about blocks of %zu and %zu bytes, headers included", left,
                    right);
    return may;
}

const halloc_policy *hooks_wrap(const struct watch *from) {
    const halloc_policy *policy = from->policy;
    stage_watch = *from;
    watched = (halloc_policy){
        .name = "on trial",
        .find = watch_find,
        .insert = watch_insert,
        .remove = watch_remove,
        .take = policy->take ? watch_take : NULL,
        .round_size = policy->round_size ? watch_round_size : NULL,
        .piece = policy->piece ? watch_piece : NULL,
        .may_merge = policy->may_merge ? watch_may_merge : NULL,
    };
    return &watched;
}
