/*
 * trial.c - replays calls on a heap with the policy, and checks everything after each call.
 *
 *      places      a block lies in the heap, is aligned, and is as large as the request
 *      bytes       the trial fills each block in use, and nothing else may change those bytes
 *      validator   every invariant of src/engine/block.h
 *      apart       no free neighbours that could be one block
 *
 * A small heap is checked after each call. A large heap is checked so often that the total time stays
 * linear. If a check fails then, judge.c repeats the trial with `fine`, which finds the exact call.
 *
 * The heap is made like that of the serial replay (tools/replay/serial/serial.h). So every block lies where
 * the map draws it.
 */
#include "../../../src/classic/heap.h"
#include "../../replay/serial/serial.h"
#include "trial.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_SMALL 128 /* a heap of at most this many blocks is checked after every call */
#define BLOCKS_EACH 64   /* a larger one is checked once in blocks / BLOCKS_EACH calls */
#define EDGE_WORDS 64    /* words filled at each end of a block: foreign writes hit these first */
#define ROOM_SURELY ((uint64_t)1 << 30)

struct trial {
    const struct calls *calls;
    const struct trial_options *options;
    struct stage *stage;
    halloc_heap *heap;
    struct placed *objects;
    size_t due;        /* the next call after which a check is due */
    uint32_t suspects; /* objects begun so far: only these can be live */
};

static struct engine *engine_of(const struct trial *trial) {
    return &trial->heap->engine;
}

static uint64_t offset_of(const struct trial *trial, const char *payload) {
    return (uint64_t)(payload - engine_of(trial)->base);
}

static MemoryBlock *record_of(const struct trial *trial, char *payload) {
    return (MemoryBlock *)(payload - engine_of(trial)->header_bytes);
}

#define BLAME(trial, rule, place, ...) stage_blame((trial)->stage, rule, HOOK_NONE, place, __VA_ARGS__)

/* --- Bytes -------------------------------------------------------------------------------------------- */

static uint64_t word_of(uint32_t object, size_t index) {
    return (object + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15) + index * UINT64_C(0x9ddfea08eb382d69);
}

/* The words of a block that are filled: all of a small one, both ends of a large one. Sizes are multiples
 * of 8. */
static size_t next_word(size_t index, size_t words) {
    return index + 1 == EDGE_WORDS && words > 2 * EDGE_WORDS ? words - EDGE_WORDS : index + 1;
}

static void fill(const struct placed *placed, uint32_t object) {
    uint64_t *words = (uint64_t *)placed->payload;
    size_t count = placed->granted / 8;
    for (size_t index = 0; index < count; index = next_word(index, count))
        words[index] = word_of(object, index);
}

/* `kept`: a realloc has moved only this many bytes. */
static bool verify(struct trial *trial, uint32_t object, uint64_t kept) {
    const struct placed *placed = &trial->objects[object];
    const uint64_t *words = (const uint64_t *)placed->payload;
    size_t count = placed->granted / 8;
    char name[OBJECT_WORDS];
    for (size_t index = 0; placed->payload && index < count && index < kept / 8;
         index = next_word(index, count)) {
        uint64_t difference = words[index] ^ word_of(object, index);
        if (!difference)
            continue;
        BLAME(trial, RULE_BYTES, offset_of(trial, placed->payload),
              "byte %zu of %s, which is in use, has changed",
              index * 8 + (size_t)__builtin_ctzll(difference) / 8, object_word(object, name));
        return false;
    }
    return true;
}

/* --- The heap ----------------------------------------------------------------------------------------- */

/* Could the two be one block, by the rules of the policy? */
static bool could_be_one(const struct engine *engine, const MemoryBlock *left, const MemoryBlock *right) {
    const halloc_policy *policy = engine->set[0].policy;
    size_t extent = block_extent(engine, left) + block_extent(engine, right);
    if (!left->isFree || !right->isFree || !policy->piece)
        return left->isFree && right->isFree;
    return policy->piece(&engine->set[0], (size_t)block_payload(engine, left), extent) == extent;
}

static void look_for_apart(struct trial *trial) {
    const struct engine *engine = engine_of(trial);
    for (const MemoryBlock *block = engine->first; block && block->next; block = block->next)
        if (could_be_one(engine, block, block->next))
            BLAME(trial, RULE_APART, offset_of(trial, block_payload(engine, block)),
                  "free blocks of %zu and %zu bytes lie side by side and were not merged", block->size,
                  block->next->size);
}

/* The validator tells which invariant is broken, but not where. For a policy with pieces: finds the first
 * block that is no piece. */
static uint64_t place_of_misfit(const struct trial *trial) {
    const struct engine *engine = engine_of(trial);
    const halloc_policy *policy = engine->set[0].policy;
    for (const MemoryBlock *block = engine->first; policy->piece && block; block = block->next) {
        size_t extent = block_extent(engine, block);
        char *payload = block_payload(engine, block);
        if (policy->piece(&engine->set[0], (size_t)payload, extent) != extent)
            return offset_of(trial, payload);
    }
    return NOWHERE;
}

/* "4: the policy's set ..." */
static void blame_invariant(struct trial *trial, const char *broken) {
    bool numbered = broken[0] >= '1' && broken[0] <= '7' && broken[1] == ':';
    uint64_t place = broken[0] == '6' ? place_of_misfit(trial) : NOWHERE;
    enum rule_id rule = numbered ? RULE_INVARIANT_1 + (enum rule_id)(broken[0] - '1') : RULE_INVARIANT_4;
    BLAME(trial, rule, place, "%s", numbered ? broken + 3 : broken);
}

static void look_at_blocks(struct trial *trial) {
    const char *broken;
    stage_watch.looking = true;
    if (!halloc_heap_check(trial->heap, &broken))
        blame_invariant(trial, broken);
    else if (!trial->options->apart)
        look_for_apart(trial);
    stage_watch.looking = false;
}

static void look_at_all(struct trial *trial) {
    look_at_blocks(trial);
    for (uint32_t object = 0; object < trial->suspects; object++)
        if (!verify(trial, object, UINT64_MAX))
            return;
}

static void look_if_due(struct trial *trial) {
    struct stage *stage = trial->stage;
    size_t blocks = engine_of(trial)->block_count;
    bool fine = stage->at >= trial->options->fine, last = stage->at + 1 == trial->calls->count;
    stage_watch.closely = stage->at + 1 >= trial->options->fine || blocks <= BLOCKS_SMALL; /* next call */
    if (stage->verdict.rule != RULE_NONE || (stage->at < trial->due && !fine && !last))
        return;
    trial->due = stage->at + (blocks <= BLOCKS_SMALL ? 1 : blocks / BLOCKS_EACH);
    look_at_all(trial);
    stage->looks++;
    if (stage->verdict.rule == RULE_NONE)
        stage->verdict.good = stage->at;
}

/* --- One call ----------------------------------------------------------------------------------------- */

static bool is_placed_well(struct trial *trial, const struct call *call, char *payload) {
    const struct engine *engine = engine_of(trial);
    uint64_t size = call->size ? call->size : 1;
    if (!payload && size <= ROOM_SURELY)
        BLAME(trial, RULE_NO_ROOM, NOWHERE, "the heap refused %" PRIu64 " bytes", size);
    if (!payload)
        return false;
    if (payload < engine->base + engine->header_bytes || payload >= engine->top) {
        BLAME(trial, RULE_FIND_NO_BLOCK, NOWHERE, "the block for %" PRIu64 " bytes lies outside the heap",
              size);
        return false;
    }
    uint64_t granted = record_of(trial, payload)->size, room = (uint64_t)(engine->top - payload);
    if (granted > room)
        BLAME(trial, RULE_INVARIANT_1, offset_of(trial, payload), "a block ends beyond the heap");
    else if (granted < size)
        BLAME(trial, RULE_TOO_SMALL, offset_of(trial, payload),
              "%" PRIu64 " bytes were asked for, %" PRIu64 " given", size, granted);
    return granted <= room && granted >= size;
}

static void settle(struct trial *trial, const struct call *call, char *payload) {
    struct placed *placed = &trial->objects[call->object];
    *placed = (struct placed){0};
    if (!is_placed_well(trial, call, payload))
        return;
    *placed = (struct placed){payload, record_of(trial, payload)->size, call->size};
    fill(placed, call->object);
    if (call->object >= trial->suspects)
        trial->suspects = call->object + 1;
}

static void resize(struct trial *trial, const struct call *call) {
    struct placed *placed = &trial->objects[call->object];
    char *payload = halloc_heap_resize(trial->heap, placed->payload, call->size ? call->size : 1);
    if (!payload)
        return; /* the block stays as it was */
    if (!is_placed_well(trial, call, payload))
        return;
    uint64_t granted = record_of(trial, payload)->size;
    placed->payload = payload; /* filled as before, as far as the bytes moved */
    if (verify(trial, call->object, granted))
        settle(trial, call, payload);
}

static void act(struct trial *trial, const struct call *call) {
    struct placed *placed = &trial->objects[call->object];
    size_t size = call->size ? call->size : 1;
    if (placed->payload && !verify(trial, call->object, UINT64_MAX))
        return;
    if (call->kind == CALL_FREE) {
        char *payload = placed->payload;
        placed->payload = NULL;
        halloc_heap_deallocate(trial->heap, payload);
    } else if (call->kind == CALL_REALLOC && placed->payload) {
        resize(trial, call);
    } else if (call->kind == CALL_ALIGNED) {
        settle(trial, call, halloc_heap_aligned(trial->heap, (size_t)1 << call->alignment_log2, size));
    } else if (call->kind == CALL_CALLOC) {
        settle(trial, call, halloc_heap_zeroed(trial->heap, 1, size));
    } else {
        settle(trial, call, halloc_heap_allocate(trial->heap, size));
    }
}

/* --- The whole ---------------------------------------------------------------------------------------- */

static bool begin(struct trial *trial, const halloc_policy *policy) {
    struct stage *stage = trial->stage;
    stage->verdict.good = NO_CALL;
    stage->verdict.place = NOWHERE;
    const halloc_policy *watched = hooks_wrap(
        &(struct watch){.policy = policy, .options = trial->options, .stage = stage, .closely = true});
    trial->objects = calloc((size_t)trial->calls->objects + 1, sizeof *trial->objects);
    if (!trial->objects || !fence_build() ||
        (!halloc_policy_find(watched->name) && !halloc_policy_register(watched)))
        return false;
    trial->heap = halloc_heap_create(&(halloc_heap_options){
        .fit = watched->name,
        .pages = 1,
        .growing = true,
        .step_bytes = SERIAL_STEP_BYTES,
    });
    if (!trial->heap)
        return false;
    stage_watch.engine = engine_of(trial);
    stage_watch.objects = trial->objects;
    stage_watch.object_count = trial->calls->objects;
    return true;
}

static void note_size(const struct trial *trial) {
    uint64_t bytes = (uint64_t)(engine_of(trial)->top - engine_of(trial)->base);
    struct stage *stage = trial->stage;
    stage->heap_bytes = bytes > stage->heap_bytes ? bytes : stage->heap_bytes;
}

void trial_play(const struct calls *calls, const halloc_policy *policy, const struct trial_options *options,
                struct stage *stage) {
    struct trial trial = {.calls = calls, .options = options, .stage = stage};
    if (options->stop && !calls->count)
        raise(SIGTRAP);
    if (!begin(&trial, policy))
        return;
    look_if_due(&trial); /* at NO_CALL: the new heap */
    for (size_t at = 0; at < calls->count && stage->verdict.rule == RULE_NONE; at++) {
        bool last = at + 1 == calls->count;
        stage->at = at;
        if (last && options->look)
            stage_look(&stage->before, engine_of(&trial), trial.objects, calls->objects);
        if (last && options->stop)
            raise(SIGTRAP);
        act(&trial, &calls->list[at]);
        note_size(&trial);
        look_if_due(&trial);
    }
    if (options->look && !stage->after.taken)
        stage_look(&stage->after, engine_of(&trial), trial.objects, calls->objects);
    stage->finished = true;
}
