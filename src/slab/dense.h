/*
 * dense.h - is the heap so full that huge pages cost no memory?
 *
 *      slabs    | carved ........ | uncarved |     nobody has touched what is not carved
 *      blocks   | full? empty? unknown       |     the program writes it, or not
 *      free     | ...                        |
 *
 * Untouched memory costs nothing on small pages; on huge pages all of it would be resident. So huge pages are
 * wished for only where at most an eighth of the heap is anything but carved slots. Large blocks count as
 * full up to the number of bytes that came back full on small pages.
 *
 * The verdict holds for what is taken next. A walk over all blocks forms it anew each time that the memory
 * in use has grown by an eighth: so the walk costs each new block the same.
 */
#pragma once

#include "slab.h"

/* A block was taken, or a part of one: wishes for huge pages there, or for none. */
INTERNAL void dense_choose(void *start, size_t bytes, bool zeroed);

/* A large block comes back: how full is it? */
INTERNAL void dense_learn(void *block, size_t bytes);
