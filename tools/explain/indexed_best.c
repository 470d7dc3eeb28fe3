/*
 * indexed_best.c - best fit with an index: it takes the block that src/engine/fit/best.c takes, without a
 * search.
 *
 *      level 2   a bit for each 64 bits of level 1
 *      level 1   a bit for each 64 bits of level 0
 *      level 0   a bit for each size: is its list not empty?
 *      lists     the free blocks of one size, the last freed first
 *
 * Three lookups find the smallest size that is large enough, however many holes there are. The policy
 * itself walks one list of all holes, which shows what best fit costs. Here only the place counts, so the
 * index saves that time. Among blocks of one size both take the last freed first.
 *
 * Blocks beyond the last size are few. They are on one list, which is searched as in best.c. A policy has
 * no memory but its set, so the process has one index: one replay at a time.
 */
#include "explain.h"

#include <stdlib.h>

#define WORD_BITS 64
#define SIZES ((size_t)WORD_BITS * WORD_BITS * WORD_BITS) /* in granules of 16 bytes: up to 4 MiB */
#define LEVELS 3

static struct {
    MemoryBlock *list[SIZES]; /* the last list has all larger blocks */
    uint64_t level[LEVELS][SIZES / WORD_BITS];
} * at;

static size_t index_of(const halloc_free_set *set, size_t size) {
    size_t granules = (size + set->header_bytes) / set->granule;
    return granules < SIZES - 1 ? granules : SIZES - 1;
}

static void mark(size_t index, bool is_there) {
    for (int level = 0; level < LEVELS; level++, index /= WORD_BITS) {
        uint64_t *word = &at->level[level][index / WORD_BITS], bit = (uint64_t)1 << index % WORD_BITS;
        *word = is_there ? *word | bit : *word & ~bit;
        is_there = *word != 0;
    }
}

/* The first index from `from` on with a list that is not empty; SIZES: there is none. */
static size_t next_marked(size_t from) {
    for (int level = 0; level < LEVELS; level++, from = from / WORD_BITS + 1) {
        size_t word = from / WORD_BITS;
        if (word >= SIZES / WORD_BITS)
            return SIZES;
        uint64_t bits = at->level[level][word] >> from % WORD_BITS << from % WORD_BITS;
        if (!bits)
            continue;
        size_t index = word * WORD_BITS + (size_t)__builtin_ctzll(bits);
        for (; level > 0; level--)
            index = index * WORD_BITS + (size_t)__builtin_ctzll(at->level[level - 1][index]);
        return index;
    }
    return SIZES;
}

static MemoryBlock *find_large(size_t size) {
    MemoryBlock *best = NULL;
    for (MemoryBlock *block = at->list[SIZES - 1]; block; block = block->nextFree)
        if (block->size >= size && (!best || block->size < best->size))
            best = block;
    return best;
}

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    size_t wanted = index_of(set, size + set->granule - 1), index = next_marked(wanted);
    return index == SIZES ? NULL : index == SIZES - 1 ? find_large(size) : at->list[index];
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    size_t index = index_of(set, block->size);
    block->prevFree = NULL;
    block->nextFree = at->list[index];
    if (block->nextFree)
        block->nextFree->prevFree = block;
    at->list[index] = block;
    mark(index, true);
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    size_t index = index_of(set, block->size);
    if (block->prevFree)
        block->prevFree->nextFree = block->nextFree;
    else
        at->list[index] = block->nextFree;
    if (block->nextFree)
        block->nextFree->prevFree = block->prevFree;
    mark(index, at->list[index] != NULL);
}

static const halloc_policy indexed = {
    .name = "best, by an index", .find = find, .insert = insert, .remove = take_out};

const char *best_begin(void) {
    at = calloc(1, sizeof *at);
    if (!at || (!halloc_policy_find(indexed.name) && !halloc_policy_register(&indexed)))
        return NULL;
    return indexed.name;
}

void best_end(void) {
    free(at);
    at = NULL;
}
