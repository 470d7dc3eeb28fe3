/* 03-boundary-tags.c - chapter 3: a heap of 1,024 words, with a tag at both ends of every block.
 *
 *      heap   | fence | tag | ......... | tag | tag | ... | tag | fence |
 *                       4,1               4,1   3,0         3,0             size in words, in use?
 *
 * A block is known by the index of its first tag; its size counts both tags. The fences count as in use, so that
 * no block needs to ask whether it has a neighbour. The part below the line is the contract: leave it as it is.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define WORDS 1024

static unsigned heap[WORDS];

static unsigned size_of(unsigned tag) {
    return tag >> 1;
}

static bool is_used(unsigned tag) {
    return tag & 1;
}

static void set_tags(unsigned at, unsigned size, bool used) {
    heap[at] = heap[at + size - 1] = size << 1 | used;
}

static void start(void) {
    set_tags(0, 1, true);
    set_tags(1, WORDS - 2, false);
    set_tags(WORDS - 1, 1, true);
}

/* The first block that is large enough, split if what is over can be a block; 0: there is none. */
static unsigned take(unsigned words) {
    unsigned need = words + 2, at = 1;
    while (at < WORDS - 1 && (is_used(heap[at]) || size_of(heap[at]) < need))
        at += size_of(heap[at]);
    if (at == WORDS - 1)
        return 0;
    unsigned over = size_of(heap[at]) - need;
    if (over < 3)
        need += over;
    else
        set_tags(at + need, over, false);
    set_tags(at, need, true);
    return at;
}

static void give(unsigned at) {
    unsigned size = size_of(heap[at]);
    unsigned after = heap[at + size];
    if (!is_used(after))
        size += size_of(after);
    unsigned before = heap[at - 1]; /* the second tag of the block in front */
    if (!is_used(before)) {
        size += size_of(before);
        at -= size_of(before);
    }
    set_tags(at, size, false);
}

/* --- The contract ------------------------------------------------------------------------------------- */

/* Every block with its size, in use in [ ], free in ( ). */
static void draw(void) {
    for (unsigned at = 1; at < WORDS - 1 && heap[at]; at += size_of(heap[at]))
        printf(is_used(heap[at]) ? "[%u]" : "(%u)", size_of(heap[at]));
    printf("\n");
}

static void fail(const char *what) {
    printf("%s: ", what);
    draw();
    exit(1);
}

static void look(const char *when) {
    bool was_free = false;
    for (unsigned at = 1, size; at < WORDS - 1; at += size) {
        size = size_of(heap[at]);
        if (size < 3 || at + size > WORDS - 1 || heap[at + size - 1] != heap[at])
            fail("a block's two tags do not agree");
        if (was_free && !is_used(heap[at]))
            fail(when);
        was_free = !is_used(heap[at]);
    }
}

/* Three blocks, given back in each order: all four cases of what may lie around a block. */
static void try_orders(void) {
    static const unsigned orders[6][3] = {{2, 1, 0}, {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}};
    for (unsigned order = 0; order < 6; order++) {
        unsigned blocks[3];
        start();
        for (unsigned index = 0; index < 3; index++)
            blocks[index] = take(8);
        for (unsigned index = 0; index < 3; index++) {
            give(blocks[orders[order][index]]);
            look("two free neighbours");
        }
        if (size_of(heap[1]) != WORDS - 2)
            fail("all is free, and it is not one block");
    }
}

static void try_many(void) {
    unsigned held[64] = {0};
    start();
    srand(1);
    for (unsigned call = 0; call < 100000; call++) {
        unsigned *slot = &held[rand() % 64];
        if (*slot)
            give(*slot);
        *slot = *slot ? 0 : take(1 + (unsigned)rand() % 30);
        look("two free neighbours, after many calls");
    }
}

int main(void) {
    try_orders();
    try_many();
    printf("passed: no two free neighbours, in any order\n");
    return 0;
}
