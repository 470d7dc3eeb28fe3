/*
 * model.h - a heap as the papers draw it: a memory of a number of units, with blocks of whole units and
 * without headers.
 *
 *      the paper      |    3    |  1  |     4      |           blocks of k units
 *      our heap       |h|  3    |h|1  |h|   4      |           a unit is 64 bytes, the header lies inside
 *
 * Our classic heaps put a header of 32 bytes before every payload. A request for k units asks for 64 k - 32
 * bytes. So each block takes exactly k units with its header: a real heap with the geometry of the model.
 *
 * The memory is fixed, as in the papers, and is a real mapping; only headers are ever touched.
 */
#ifndef HALLOC_PAPERS_MODEL_H
#define HALLOC_PAPERS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_UNIT_BYTES 64

/* First fit by lowest address, as in the papers; Halloc's own `first` tries the block that was freed last.
 * See policy.c. */
#define MODEL_FIRST_BY_ADDRESS "first-by-address"

struct model {
    struct halloc_heap *heap;
    char *base;          /* the place of the first payload */
    uint64_t used_units; /* as granted: the buddy system rounds        */
    uint64_t used_blocks;
    uint64_t high;                /* the highest end of a block so far, in units */
    uint64_t allocations, splits; /* splits: allocations that left a remainder   */
};

/* At most 2 MiB of units for buddy: beyond that, its pieces depend on the address that the kernel chooses.
 * False: no memory. */
bool model_open(struct model *model, const char *fit, uint64_t units);
/* A memory that grows by the missing bytes. */
bool model_open_growing(struct model *model, const char *fit);
void model_close(struct model *model);

/* NULL: no free block is large enough. */
void *model_take(struct model *model, uint64_t units);
void model_give(struct model *model, void *block);

/* The first unit of the block, and its number of units. */
uint64_t model_place(const struct model *model, const void *block);
uint64_t model_extent(const struct model *model, void *block);
uint64_t model_free_blocks(const struct model *model);

/* Makes MODEL_FIRST_BY_ADDRESS known; once is enough. */
bool model_policy(void);

#endif
