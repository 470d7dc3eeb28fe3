/*
 * account.c - where the bytes of the process heap are: asked for, lost by rounding, free in slabs, kept,
 * free. And who keeps slabs that are nearly empty.
 *
 *      | slab: in use, free slots, not cut yet | large block | kept large block | free block | ...
 *
 * A slab can't go while one object lives in it. So the free slots of a slab that is at most half full are
 * kept by its few objects, each by an equal share. The group of objects that keeps most is the answer.
 */
#include "explain.h"

#include "../replay/twin/twin.h"

#include <stdlib.h>

#define CLASSES_TOLD 3
#define THREADS_TOLD 4

/* A slab, or all slabs of one kind. */
struct slabs {
    uint64_t key; /* slot size, or owner */
    uint64_t count, bytes, used_bytes, free_bytes;
};

struct keeper {
    uint32_t site;
    uint64_t size; /* without sites; else 0 */
    uint64_t objects, never_freed;
    double bytes;
};

struct ledger {
    struct explanation *why;
    const struct moment *moment;
    uint64_t parts[8], kept_slabs, kept_bytes;
    struct slabs *slabs; /* one by one: by slot size in the first half, by owner in the second */
    struct keeper *keepers;
    size_t slab_count, keeper_count, at; /* the next block of the moment */
};

enum part { ASKED, ROUNDING, FREE_SLOTS, NOT_CUT, KEPT, DIRTY, CLEAN, OWN };

static const char *const part_words[] = {
    "asked for",
    "lost by rounding up",
    "free slots in slabs; whole free pages may have been given back",
    "parts of slabs not cut into slots yet, mostly never touched",
    "large blocks that threads keep for their next call",
    "free blocks that may still be resident",
    "free blocks given back to the system, or never touched",
    "the heap's own records of threads",
};

static const char *const part_keys[] = {"asked", "rounding", "free_slots", "not_cut",
                                        "kept",  "dirty",    "clean",      "own"};

/* --- Adding up ---------------------------------------------------------------------------------------- */

static void add_keepers(struct ledger *ledger, size_t from, uint64_t objects, uint64_t free_bytes) {
    bool sites = trace_has_sites(ledger->why->trace);
    for (size_t index = from; index < ledger->at; index++) {
        const struct serial_block *block = &ledger->moment->blocks[index];
        const struct fact *fact = block->is_free ? NULL : facts_of(&ledger->why->facts, block->object);
        if (fact)
            ledger->keepers[ledger->keeper_count++] =
                (struct keeper){.site = fact->site,
                                .size = sites ? 0 : block->requested,
                                .objects = 1,
                                .never_freed = fact->died == FACT_NEVER,
                                .bytes = (double)free_bytes / (double)objects};
    }
}

/* The objects in [.., end): from where the last call stopped. */
static uint64_t add_objects(struct ledger *ledger, uint64_t end, uint64_t *objects) {
    uint64_t used = 0;
    for (; ledger->at < ledger->moment->count; ledger->at++) {
        const struct serial_block *block = &ledger->moment->blocks[ledger->at];
        if (block->offset >= end)
            break;
        if (block->is_free)
            continue;
        ++*objects;
        used += block->size;
        ledger->parts[ASKED] += block->requested;
        ledger->parts[ROUNDING] += block->size - block->requested;
    }
    return used;
}

static void add_slab(struct ledger *ledger, const struct twin_block *block, size_t most) {
    uint64_t objects = 0;
    size_t from = ledger->at;
    uint64_t used = add_objects(ledger, block->offset + block->bytes, &objects);
    uint64_t carved = block->carved_bytes > used ? block->carved_bytes : used, free_bytes = carved - used;
    struct slabs one = {block->slot_bytes, 1, block->bytes, used, free_bytes};
    ledger->slabs[ledger->slab_count] = one;
    one.key = block->owner;
    ledger->slabs[most + ledger->slab_count++] = one;
    ledger->parts[FREE_SLOTS] += free_bytes;
    ledger->parts[NOT_CUT] += block->bytes - carved;
    if (!objects || free_bytes < used)
        return;
    ledger->kept_slabs++;
    ledger->kept_bytes += free_bytes;
    add_keepers(ledger, from, objects, free_bytes);
}

static void add_block(struct ledger *ledger, const struct twin_block *block, size_t most) {
    uint64_t objects = 0;
    if (block->kind == TWIN_SLAB) {
        add_slab(ledger, block, most);
        return;
    }
    uint64_t used = add_objects(ledger, block->offset + block->bytes, &objects);
    if (block->kind == TWIN_LARGE)
        ledger->parts[ROUNDING] += block->bytes - used;
    else if (block->kind == TWIN_KEPT)
        ledger->parts[KEPT] += block->bytes;
    else if (block->kind == TWIN_OWN)
        ledger->parts[OWN] += block->bytes;
    ledger->parts[DIRTY] += block->dirty_bytes;
    ledger->parts[CLEAN] += block->kind == TWIN_FREE ? block->bytes - block->dirty_bytes : 0;
}

/* --- Groups ------------------------------------------------------------------------------------------- */

static int compare(uint64_t left, uint64_t right) {
    return left < right ? -1 : left > right;
}

static int by_key(const void *one, const void *other) {
    return compare(((const struct slabs *)one)->key, ((const struct slabs *)other)->key);
}

static int by_free(const void *one, const void *other) {
    return -compare(((const struct slabs *)one)->free_bytes, ((const struct slabs *)other)->free_bytes);
}

static int by_origin(const void *one, const void *other) {
    const struct keeper *left = one, *right = other;
    int order = compare(left->site, right->site);
    return order ? order : compare(left->size, right->size);
}

static int by_kept(const void *one, const void *other) {
    double left = ((const struct keeper *)one)->bytes, right = ((const struct keeper *)other)->bytes;
    return left > right ? -1 : left < right;
}

/* Adds up slabs of one key. Returns the number of keys; those with most free bytes come first. */
static size_t group_slabs(struct slabs *all, size_t count) {
    size_t groups = 0;
    qsort(all, count, sizeof *all, by_key);
    for (size_t at = 0; at < count; at++) {
        if (!groups || all[groups - 1].key != all[at].key) {
            all[groups++] = all[at];
            continue;
        }
        struct slabs *group = &all[groups - 1];
        group->count += all[at].count;
        group->bytes += all[at].bytes;
        group->used_bytes += all[at].used_bytes;
        group->free_bytes += all[at].free_bytes;
    }
    qsort(all, groups, sizeof *all, by_free);
    return groups;
}

static size_t group_keepers(struct keeper *all, size_t count) {
    size_t groups = 0;
    qsort(all, count, sizeof *all, by_origin);
    for (size_t at = 0; at < count; at++) {
        if (!groups || by_origin(&all[groups - 1], &all[at]) != 0) {
            all[groups++] = all[at];
            continue;
        }
        all[groups - 1].objects += all[at].objects;
        all[groups - 1].never_freed += all[at].never_freed;
        all[groups - 1].bytes += all[at].bytes;
    }
    qsort(all, groups, sizeof *all, by_kept);
    return groups;
}

/* --- Saying ------------------------------------------------------------------------------------------- */

static void say_parts(struct ledger *ledger) {
    struct explanation *why = ledger->why;
    char words[WORD_BYTES], key[64];
    uint64_t top = ledger->moment->top;
    say(why, "In the process heap, %s:\n", exact_bytes(top, words));
    for (unsigned part = 0; part < sizeof part_words / sizeof *part_words; part++) {
        uint64_t bytes = ledger->parts[part];
        snprintf(key, sizeof key, "%s_bytes", part_keys[part]);
        tell_number(why, key, bytes);
        if (bytes)
            say(why, "  %5.1f %%  %10s  %s\n", 100.0 * (double)bytes / (double)(top ? top : 1),
                exact_bytes(bytes, words), part_words[part]);
    }
}

/* Pages that were cut, or used and not given back. Whole free pages of slabs count as well: some are gone. */
static void say_resident(struct ledger *ledger) {
    char words[WORD_BYTES];
    uint64_t bytes = 0;
    for (unsigned part = 0; part < sizeof part_words / sizeof *part_words; part++)
        bytes += part == NOT_CUT || part == CLEAN ? 0 : ledger->parts[part];
    say(ledger->why, "At most about %s of it is resident, if the program writes to all that it has.\n",
        exact_bytes(bytes, words));
    tell_number(ledger->why, "resident_bytes", bytes);
}

static void say_classes(struct ledger *ledger) {
    struct explanation *why = ledger->why;
    char slot[WORD_BYTES], bytes[WORD_BYTES], count[WORD_BYTES];
    size_t groups = group_slabs(ledger->slabs, ledger->slab_count);
    for (size_t index = 0; index < groups && index < CLASSES_TOLD; index++) {
        const struct slabs *group = &ledger->slabs[index];
        if (!group->free_bytes)
            break;
        say(why, "%s", index ? "; " : "Most free slots are of ");
        say(why, "%s: %s ", exact_bytes(group->key, slot), exact_bytes(group->free_bytes, bytes));
        say(why, "in %s", word_many(group->count, "slab", count));
    }
    say(why, groups && ledger->slabs[0].free_bytes ? ".\n" : "");
}

static void say_owner(struct explanation *why, uint64_t owner) {
    if (owner == TWIN_FULL)
        say(why, "full slabs, which no thread owns,");
    else if (owner == TWIN_POOL)
        say(why, "the pool, from which any thread takes,");
    else
        say(why, "thread %u", (unsigned)owner);
}

static void say_threads(struct ledger *ledger, struct slabs *all) {
    struct explanation *why = ledger->why;
    char free_bytes[WORD_BYTES], bytes[WORD_BYTES];
    size_t groups = group_slabs(all, ledger->slab_count);
    if (trace_totals(why->trace)->threads < 2)
        return;
    for (size_t index = 0; index < groups && index < THREADS_TOLD; index++) {
        if (!all[index].free_bytes)
            break;
        say(why, "%s", index ? "; " : "Of the free slots ");
        say_owner(why, all[index].key);
        say(why, index ? " %s of %s" : " has %s in slabs of %s",
            exact_bytes(all[index].free_bytes, free_bytes), exact_bytes(all[index].bytes, bytes));
    }
    say(why, groups && all[0].free_bytes ? ".\n" : "");
}

static void say_keepers(struct ledger *ledger) {
    struct explanation *why = ledger->why;
    char bytes[WORD_BYTES], count[WORD_BYTES], site[512];
    size_t groups = group_keepers(ledger->keepers, ledger->keeper_count);
    tell_number(why, "sparse_slabs", ledger->kept_slabs);
    tell_number(why, "sparse_free_bytes", ledger->kept_bytes);
    if (!groups || !ledger->kept_bytes)
        return;
    const struct keeper *first = &ledger->keepers[0];
    say(why, "%s of them can't go, for %s at most half full", exact_bytes(ledger->kept_bytes, bytes),
        word_many(ledger->kept_slabs, "slab", count));
    say(why, " hold%s some objects: ", ledger->kept_slabs == 1 ? "s" : "");
    say(why, "%.0f %% of that is kept by %s", 100.0 * first->bytes / (double)ledger->kept_bytes,
        word_many(first->objects, "block", count));
    if (first->size)
        say(why, " of %s", exact_bytes(first->size, bytes));
    say(why, "%s", from_site(why, first->site, site, sizeof site));
    if (first->never_freed == first->objects)
        say(why, ", %s.\n", trace_unfreed(why->trace, true));
    else if (!first->never_freed)
        say(why, ", freed later.\n");
    else
        say(why, ", %s of them %s.\n", word_count(first->never_freed, count),
            trace_unfreed(why->trace, true));
    tell_number(why, "sparse_kept_percent",
                (uint64_t)(100.0 * first->bytes / (double)ledger->kept_bytes + 0.5));
    if (first->site != SITE_NONE)
        tell_words(why, "sparse_kept_by_site", site + strlen(" from "));
}

const char *explain_ledger(struct explanation *why, const struct moment *moment, uint64_t last) {
    size_t count;
    struct twin_block *blocks = serial_twin_blocks(why->trace, last, &count);
    struct ledger ledger = {.why = why, .moment = moment};
    ledger.slabs = calloc(2 * count + 1, sizeof *ledger.slabs);
    ledger.keepers = calloc(moment->count + 1, sizeof *ledger.keepers);
    bool good = blocks && ledger.slabs && ledger.keepers;
    for (size_t index = 0; good && index < count; index++)
        add_block(&ledger, &blocks[index], count);
    uint64_t sum = 0;
    for (unsigned part = 0; part < sizeof ledger.parts / sizeof *ledger.parts; part++)
        sum += ledger.parts[part];
    if (moment->top > sum) /* given up at the end */
        ledger.parts[CLEAN] += moment->top - sum;
    if (good) {
        say_parts(&ledger);
        say_resident(&ledger);
        say_classes(&ledger);
        say_threads(&ledger, ledger.slabs + count);
        say_keepers(&ledger);
    }
    free(blocks);
    free(ledger.slabs);
    free(ledger.keepers);
    return good ? NULL : "the process heap can't be replayed: out of memory";
}
