/*
 * stage.c - writes to the memory that a trial shares: verdicts, and looks at the heap. It also keeps what
 * the trial is watching.
 *
 * A look must work on a damaged heap. It goes from block to block only while the records are genuine. In a
 * second pass it follows the free lists as far as their links are good, and marks their blocks.
 */
#include "../../../src/classic/heap.h"
#include "trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct watch stage_watch;

const char *hook_name(enum hook hook) {
    static const char *const names[] = {"",           "find",    "insert",    "remove",        "take",
                                        "round_size", "piece",   "may_merge", "constructor",   "malloc",
                                        "free",       "realloc", "calloc",    "aligned_alloc", "mm_init"};
    return names[hook];
}

void stage_blame(struct stage *stage, enum rule_id rule, enum hook hook, uint64_t place, const char *format,
                 ...) {
    struct verdict *verdict = &stage->verdict;
    va_list arguments;
    if (verdict->rule != RULE_NONE)
        return;
    verdict->hook = hook;
    verdict->place = place;
    verdict->at = stage->at;
    va_start(arguments, format);
    vsnprintf(verdict->message, sizeof verdict->message, format, arguments);
    va_end(arguments);
    verdict->rule = rule;
    if (stage_watch.options->look && stage_watch.engine)
        stage_look(&stage->after, stage_watch.engine, stage_watch.objects, stage_watch.object_count);
}

bool verdict_same(const struct verdict *one, const struct verdict *other) {
    return one->rule == other->rule && one->hook == other->hook && one->signal == other->signal;
}

static bool is_genuine(const struct engine *engine, const MemoryBlock *block) {
    return (const char *)block >= engine->base && (const char *)block < engine->top &&
           (size_t)(engine->top - (const char *)block) >= sizeof *block &&
           (uintptr_t)block % ALIGNMENT_BYTES == 0 && block->tag == block_tag(engine, block);
}

static struct seen_block *find_seen(struct look *look, uint64_t offset) {
    size_t low = 0, high = look->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (look->blocks[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < look->count && look->blocks[low].offset == offset ? &look->blocks[low] : NULL;
}

static void look_at_blocks(struct look *look, const struct engine *engine) {
    uint64_t last = 0;
    const MemoryBlock *block = engine->first;
    for (; block && look->count < SEEN_MOST && is_genuine(engine, block); block = block->next) {
        uint64_t offset = (uint64_t)((const char *)block - engine->base) + engine->header_bytes;
        if (look->count && offset <= last)
            break;
        last = offset;
        look->blocks[look->count++] = (struct seen_block){
            .offset = offset,
            .size = block->size,
            .object = OBJECT_UNKNOWN,
            .is_free = block->isFree == 1,
        };
    }
    look->whole = !block;
}

static void look_at_lists(struct look *look, const struct engine *engine) {
    for (size_t root = 0; root < HALLOC_ROOTS; root++) {
        uint32_t place = 0;
        for (const MemoryBlock *block = engine->set[0].root[root]; block && is_genuine(engine, block);
             block = block->nextFree) {
            uint64_t offset = (uint64_t)((const char *)block - engine->base) + engine->header_bytes;
            struct seen_block *seen = find_seen(look, offset);
            if (!seen || seen->listed)
                break;
            seen->listed = true;
            seen->list = (uint32_t)root;
            seen->place = place++;
        }
    }
}

_Static_assert(sizeof((struct look *)0)->bitmap == sizeof((halloc_free_set *)0)->bitmap, "all of it");

/* A cursor may point anywhere: it belongs to the policy, and only the policy moves it. */
static void look_at_own(struct look *look, const struct engine *engine) {
    const MemoryBlock *cursor = engine->set[0].cursor;
    bool inside = (const char *)cursor >= engine->base && (const char *)cursor < engine->top;
    look->cursor_place =
        inside ? (uint64_t)((const char *)cursor - engine->base) + engine->header_bytes : NOWHERE;
    struct seen_block *seen = inside ? find_seen(look, look->cursor_place) : NULL;
    look->cursor = !cursor                                          ? CURSOR_NULL
                   : !inside                                        ? CURSOR_WILD
                   : !is_genuine(engine, cursor)                    ? CURSOR_INSIDE
                   : cursor->isFree == 1 && (!seen || seen->listed) ? CURSOR_LISTED
                                                                    : CURSOR_STALE;
    memcpy(look->bitmap, engine->set[0].bitmap, sizeof look->bitmap);
}

bool look_cursor_is_stale(const struct look *look) {
    return look->taken && (look->cursor == CURSOR_STALE || look->cursor == CURSOR_INSIDE);
}

void stage_look(struct look *look, const struct engine *engine, const struct placed *objects,
                uint32_t object_count) {
    look->header_bytes = engine->header_bytes;
    look->top = (uint64_t)(engine->top - engine->base);
    look->count = 0;
    look_at_blocks(look, engine);
    look_at_lists(look, engine);
    look_at_own(look, engine);
    for (uint32_t object = 0; object < object_count; object++) {
        const struct placed *placed = &objects[object];
        struct seen_block *seen =
            placed->payload ? find_seen(look, (uint64_t)(placed->payload - engine->base)) : NULL;
        if (seen) {
            seen->object = object;
            seen->asked = placed->asked;
        }
    }
    look->lists = look->taken = true;
}

static bool block_same(const struct seen_block *one, const struct seen_block *other) {
    return one->offset == other->offset && one->size == other->size && one->asked == other->asked &&
           one->object == other->object && one->is_free == other->is_free && one->listed == other->listed &&
           one->list == other->list && one->place == other->place;
}

bool look_same(const struct look *one, const struct look *other) {
    bool same = one->whole == other->whole && one->top == other->top && one->count == other->count &&
                one->header_bytes == other->header_bytes && one->cursor == other->cursor &&
                one->cursor_place == other->cursor_place &&
                memcmp(one->bitmap, other->bitmap, sizeof one->bitmap) == 0;
    for (size_t index = 0; same && index < one->count; index++)
        same = block_same(&one->blocks[index], &other->blocks[index]);
    return same;
}
