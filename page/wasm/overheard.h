/*
 * overheard.h - included before each policy: whoever watches hears of each block that a search looks at.
 *
 * A policy asks for a block's size by halloc_probe. Here that name leads to a function that tells the page
 * first, and then calls the one of halloc.h. So the policies' files stay as they are.
 */
#pragma once

#define halloc_probe halloc_probe_itself
#include "../../halloc.h"
#undef halloc_probe

void page_probe(const MemoryBlock *block);

static inline size_t halloc_probe(const halloc_free_set *set, const MemoryBlock *block) {
    page_probe(block);
    return halloc_probe_itself(set, block);
}
