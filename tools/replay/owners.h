/*
 * owners.h - whose is each byte? A map from addresses to owners, beside the heap that is being checked, so
 * that two blocks at one place are seen as soon as the second is given out.
 *
 * A tree of two levels over the address space: the upper has an entry for each GiB, the lower one number for
 * each 8 bytes, in lazily touched memory of its own mapping. 8 bytes: no allocator gives two blocks within.
 * It asks no allocator for anything, for it works underneath one. Threads may claim and release different
 * bytes at once; where two claim the same, one of them is told.
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

/* Nothing is owned any more. */
void owners_clear(struct owners *owners);

/* Makes [at, at + bytes) the owner's; owners are numbers from 0 to 2^32 - 2. False: some byte is another's,
 * who is *other, and nothing was claimed. */
bool owners_claim(struct owners *owners, const void *at, size_t bytes, uint32_t owner, uint32_t *other);

/* The owner gives all of it back. False: some of it was not his; what was is given back all the same. */
bool owners_release(struct owners *owners, const void *at, size_t bytes, uint32_t owner);

#endif
