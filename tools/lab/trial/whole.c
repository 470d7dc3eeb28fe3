/*
 * whole.c - a whole allocator on trial: malloc and its kin, or mm.c with mem_sbrk.
 *
 * It has no engine that could be looked into. So three things are checked, after each call:
 *
 *      places      a block is aligned, and overlaps no other block in use
 *      bytes       the trial fills each block; only the trial may change those bytes
 *      contents    what realloc moves is what was there; what calloc gives is zero
 *
 * Its heap is measured from outside, by the pages that ever held a block. So headers count, and so do holes,
 * but not memory that it asked for and never gave out.
 */
#define _GNU_SOURCE 1
#include "trial.h"

#include <inttypes.h>
#include <search.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16
#define PAGE 4096
#define EDGE 512       /* bytes filled at each end of a large block */
#define LOOKS_SMALL 64 /* at most so many objects are looked at after each call; else some, in turn */
#define ROOM_SURELY ((uint64_t)1 << 30)

struct held { /* a block in use, as a node of the tree; two that overlap are equal */
    uintptr_t from, to;
    uint32_t object;
};

struct whole_trial {
    const struct calls *calls;
    const struct whole *whole;
    const struct trial_options *options;
    struct stage *stage;
    struct placed *objects;
    void *tree;
    uintptr_t lowest, page_last;
    void *pages;
    uint32_t begun, due; /* objects begun; the next to be looked at */
};

/* --- Places ------------------------------------------------------------------------------------------- */

static int compare_held(const void *one, const void *other) {
    const struct held *a = one, *b = other;
    return a->to <= b->from ? -1 : a->from >= b->to;
}

static int compare_page(const void *one, const void *other) {
    return (one > other) - (one < other);
}

static uint64_t offset_of(const struct whole_trial *trial, const void *payload) {
    return (uint64_t)((uintptr_t)payload - trial->lowest);
}

#define BLAME(trial, rule, payload, ...)                                                                     \
    stage_blame((trial)->stage, rule, (trial)->stage->hook, payload ? offset_of(trial, payload) : NOWHERE,   \
                __VA_ARGS__)

static void count_pages(struct whole_trial *trial, uintptr_t from, uintptr_t to) {
    for (uintptr_t page = from / PAGE; page <= (to - 1) / PAGE; page++) {
        const void *key = (const void *)page;
        if (page == trial->page_last || tfind(key, &trial->pages, compare_page))
            continue;
        trial->page_last = page;
        tsearch(key, &trial->pages, compare_page);
        trial->stage->heap_bytes += PAGE;
    }
}

static bool hold(struct whole_trial *trial, uint32_t object, char *payload, uint64_t size) {
    struct held *held = malloc(sizeof *held);
    char names[2][OBJECT_WORDS];
    if (!held)
        return false;
    *held = (struct held){(uintptr_t)payload, (uintptr_t)payload + size, object};
    struct held **found = tsearch(held, &trial->tree, compare_held);
    if (found && *found == held) {
        count_pages(trial, held->from, held->to);
        return true;
    }
    if (found)
        BLAME(trial, RULE_OVERLAP, payload, "%s overlaps %s, which is in use", object_word(object, names[0]),
              object_word((*found)->object, names[1]));
    free(held);
    return false;
}

static void let_go(struct whole_trial *trial, struct placed *placed) {
    struct held key = {(uintptr_t)placed->payload, (uintptr_t)placed->payload + placed->asked, 0};
    struct held **found = tfind(&key, &trial->tree, compare_held);
    struct held *held = found ? *found : NULL;
    tdelete(&key, &trial->tree, compare_held);
    free(held);
    placed->payload = NULL;
}

/* --- Bytes -------------------------------------------------------------------------------------------- */

static unsigned char byte_of(uint32_t object, uint64_t at) {
    return (unsigned char)(object * 37 + at * 11 + (at >> 8) + 1);
}

static uint64_t next_byte(uint64_t at, uint64_t size) {
    return at + 1 == EDGE && size > 2 * EDGE ? size - EDGE : at + 1;
}

static void fill(const struct whole_trial *trial, uint32_t object) {
    const struct placed *placed = &trial->objects[object];
    for (uint64_t at = 0; !trial->whole->repeated && at < placed->asked; at = next_byte(at, placed->asked))
        placed->payload[at] = (char)byte_of(object, at);
}

/* The first `most` bytes of `payload` are those of an object of this size. */
static bool verify(struct whole_trial *trial, uint32_t object, const char *payload, uint64_t most) {
    uint64_t size = trial->objects[object].asked;
    char name[OBJECT_WORDS];
    for (uint64_t at = 0; !trial->whole->repeated && at < size && at < most; at = next_byte(at, size)) {
        if ((unsigned char)payload[at] == byte_of(object, at))
            continue;
        BLAME(trial, RULE_BYTES, payload, "byte %" PRIu64 " of %s, which is in use, has changed", at,
              object_word(object, name));
        return false;
    }
    return true;
}

/* All objects while they are few; else a part, in turn, so that the whole takes linear time. */
static void look(struct whole_trial *trial) {
    uint32_t count = trial->begun < LOOKS_SMALL ? trial->begun : LOOKS_SMALL;
    for (uint32_t seen = 0; seen < count; seen++) {
        uint32_t object = trial->due++ % trial->begun;
        const struct placed *placed = &trial->objects[object];
        if (placed->payload && !verify(trial, object, placed->payload, UINT64_MAX))
            return;
    }
    trial->stage->looks++;
}

/* --- One call ----------------------------------------------------------------------------------------- */

static void settle(struct whole_trial *trial, const struct call *call, char *payload) {
    uint64_t size = call->size ? call->size : 1, alignment = ALIGNMENT;
    struct placed *placed = &trial->objects[call->object];
    char name[OBJECT_WORDS];
    if (call->kind == CALL_ALIGNED && trial->whole->aligned)
        alignment = (uint64_t)1 << call->alignment_log2;
    if (!payload && size <= ROOM_SURELY)
        BLAME(trial, RULE_NO_ROOM, payload, "it refused %" PRIu64 " bytes", size);
    if (!payload)
        return;
    if (!trial->lowest || (uintptr_t)payload < trial->lowest)
        trial->lowest = (uintptr_t)payload;
    if ((uintptr_t)payload % alignment)
        BLAME(trial, RULE_ALIGNMENT, payload, "%s lies at an address that is no multiple of %" PRIu64,
              object_word(call->object, name), alignment);
    else if (hold(trial, call->object, payload, size))
        *placed = (struct placed){payload, size, size};
    if (call->object >= trial->begun)
        trial->begun = call->object + 1;
}

static void look_for_zeros(struct whole_trial *trial, const struct call *call, const char *payload) {
    for (uint64_t at = 0; payload && !trial->whole->repeated && at < call->size;
         at = next_byte(at, call->size))
        if (payload[at]) {
            BLAME(trial, RULE_ZEROS, payload, "byte %" PRIu64 " of what calloc gave is not zero", at);
            return;
        }
}

static char *resize(struct whole_trial *trial, struct placed *placed, size_t size) {
    const struct whole *whole = trial->whole;
    if (whole->realloc)
        return whole->realloc(placed->payload, size);
    char *payload = whole->malloc(size);
    if (payload && !whole->repeated)
        memcpy(payload, placed->payload, placed->asked < size ? placed->asked : size);
    if (payload)
        whole->free(placed->payload);
    return payload;
}

static char *begin_object(const struct whole *whole, const struct call *call, size_t size) {
    if (call->kind == CALL_CALLOC && whole->calloc)
        return whole->calloc(1, size);
    if (call->kind == CALL_ALIGNED && whole->aligned) {
        size_t alignment = (size_t)1 << call->alignment_log2;
        return whole->aligned(alignment, (size + alignment - 1) & -alignment);
    }
    return whole->malloc(size);
}

static enum hook hook_of(const struct whole_trial *trial, const struct call *call) {
    const struct whole *whole = trial->whole;
    if (call->kind == CALL_REALLOC && trial->objects[call->object].payload && whole->realloc)
        return HOOK_REALLOC;
    return call->kind == CALL_FREE                        ? HOOK_FREE
           : call->kind == CALL_CALLOC && whole->calloc   ? HOOK_CALLOC
           : call->kind == CALL_ALIGNED && whole->aligned ? HOOK_ALIGNED
                                                          : HOOK_MALLOC;
}

static void act(struct whole_trial *trial, const struct call *call) {
    struct placed *placed = &trial->objects[call->object];
    size_t size = call->size ? call->size : 1;
    char *old = placed->payload;
    if (old && !verify(trial, call->object, old, UINT64_MAX))
        return;
    trial->stage->hook = hook_of(trial, call);
    if (call->kind == CALL_FREE) {
        if (old)
            let_go(trial, placed);
        trial->whole->free(old);
    } else if (call->kind == CALL_REALLOC && old) {
        char *payload = resize(trial, placed, size);
        bool kept = !payload || verify(trial, call->object, payload, size);
        if (payload || size <= ROOM_SURELY)
            let_go(trial, placed);
        if (kept)
            settle(trial, call, payload);
    } else {
        char *payload = begin_object(trial->whole, call, size);
        settle(trial, call, payload);
        if (call->kind == CALL_CALLOC && trial->whole->calloc)
            look_for_zeros(trial, call, payload);
    }
    if (placed->payload && trial->stage->verdict.rule == RULE_NONE)
        fill(trial, call->object);
    look(trial);
    trial->stage->hook = HOOK_NONE;
}

/* --- Its picture -------------------------------------------------------------------------------------- */

static struct look *drawn;

static void draw_held(const void *node, VISIT visit, int depth) {
    const struct held *held = *(const struct held *const *)node;
    (void)depth;
    if ((visit != postorder && visit != leaf) || drawn->count + 2 >= SEEN_MOST)
        return;
    uint64_t from = held->from - drawn->header_bytes, to = held->to - drawn->header_bytes;
    if (from > drawn->top)
        drawn->blocks[drawn->count++] = (struct seen_block){
            .offset = drawn->top, .size = from - drawn->top, .is_free = true, .object = OBJECT_UNKNOWN};
    drawn->blocks[drawn->count++] =
        (struct seen_block){.offset = from, .size = to - from, .asked = to - from, .object = held->object};
    drawn->top = to;
}

/* Blocks in use, and what lies between them. For twalk, header_bytes has the heap's base for a moment. */
static void draw(const struct whole_trial *trial, struct look *look) {
    *look = (struct look){.taken = true, .whole = true, .cursor_place = NOWHERE};
    look->header_bytes = trial->lowest;
    drawn = look;
    twalk(trial->tree, draw_held);
    look->header_bytes = 0;
}

/* --- The whole ---------------------------------------------------------------------------------------- */

void whole_play(const struct calls *calls, const struct whole *whole, const struct trial_options *options,
                struct stage *stage) {
    struct whole_trial trial = {.calls = calls, .whole = whole, .options = options, .stage = stage};
    stage->verdict.place = NOWHERE;
    stage_watch.stage = stage;
    stage_watch.options = options;
    trial.objects = calloc((size_t)calls->objects + 1, sizeof *trial.objects);
    if (!trial.objects)
        return;
    stage->hook = HOOK_INIT;
    if (whole->init && whole->init() < 0)
        BLAME(&trial, RULE_INIT, NULL, "mm_init failed: it returned a number below 0");
    stage->hook = HOOK_NONE;
    for (size_t at = 0; at < calls->count && stage->verdict.rule == RULE_NONE; at++) {
        bool last = at + 1 == calls->count;
        stage->at = at;
        if (last && options->look)
            draw(&trial, &stage->before);
        if (last && options->stop)
            raise(SIGTRAP);
        act(&trial, &calls->list[at]);
        if (stage->verdict.rule == RULE_NONE)
            stage->verdict.good = at;
    }
    if (options->look)
        draw(&trial, &stage->after);
    stage->finished = true;
}

/* --- Its places as evidence ---------------------------------------------------------------------------- */

static const struct whole *own;
static struct evidence *kept;

static void *keep(void *payload) {
    evidence_note(kept, (uint64_t)(uintptr_t)payload);
    return payload;
}

static void *keep_malloc(size_t size) {
    return keep(own->malloc(size));
}

static void *keep_realloc(void *ptr, size_t size) {
    return keep(own->realloc(ptr, size));
}

static void *keep_calloc(size_t count, size_t size) {
    return keep(own->calloc(count, size));
}

static void *keep_aligned(size_t alignment, size_t size) {
    return keep(own->aligned(alignment, size));
}

const struct whole *whole_keep(struct evidence *evidence, const struct whole *whole) {
    static struct whole keeping;
    own = whole;
    kept = evidence;
    keeping = (struct whole){whole->init,
                             keep_malloc,
                             whole->free,
                             whole->realloc ? keep_realloc : NULL,
                             whole->calloc ? keep_calloc : NULL,
                             whole->aligned ? keep_aligned : NULL,
                             false};
    return &keeping;
}

static void *read_malloc(size_t size) {
    uint64_t choice;
    (void)size;
    evidence_next(kept, &choice);
    return (void *)(uintptr_t)choice;
}

static void *read_realloc(void *ptr, size_t size) {
    (void)ptr;
    return read_malloc(size);
}

static void read_free(void *ptr) {
    (void)ptr;
}

/* Every call that gives a place has one choice; which function gave it does not matter. */
const struct whole *whole_repeat(struct evidence *evidence) {
    static const struct whole repeating = {
        .malloc = read_malloc, .free = read_free, .realloc = read_realloc, .repeated = true};
    kept = evidence;
    return &repeating;
}
