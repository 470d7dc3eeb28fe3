/*
 * owners.h - who owns each byte? A map from addresses to owners, beside a heap that is being checked. So an
 * overlap is found as soon as the second block is allocated.
 *
 * It is a tree of two levels over the address space. The upper level has an entry for each GiB. The lower
 * one has a number for each 8 bytes, in a mapping of its own that costs memory only where it is touched. 8
 * bytes are enough: no allocator puts two blocks into them. The map calls no allocator, because it runs
 * underneath one. Threads may claim and release different bytes at once. If two claim the same, one of them
 * gets the error.
 */
#ifndef HALLOC_REPLAY_OWNERS_H
#define HALLOC_REPLAY_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct owners;

/* NULL: no memory. */
struct owners *owners_open(void);
void owners_close(struct owners *owners);

/* Frees everything. */
void owners_clear(struct owners *owners);

/* Gives [at, at + bytes) to the owner; owners are numbers from 0 to 2^32 - 2. False: another owner, *other,
 * has some byte, and nothing was claimed. */
bool owners_claim(struct owners *owners, const void *at, size_t bytes, uint32_t owner, uint32_t *other);

/* The owner gives all of it back. False: some of it belonged to others; the rest is given back. */
bool owners_release(struct owners *owners, const void *at, size_t bytes, uint32_t owner);

#endif
