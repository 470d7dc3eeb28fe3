/*
 * fit.h - the policies by name, and what nearly all of them share.
 *
 * The contract of a policy stands in halloc.h, section 3. Each is one file in src/engine/fit/ with one
 * exported symbol, and one line in the table of fit.c.
 */
#pragma once

#include "../base/bits.h"
#include "../base/config.h"
#include "../platform/lock.h"

INTERNAL_DATA const halloc_policy fit_bump, fit_first, fit_next, fit_best, fit_worst, fit_segregated,
    fit_buddy, fit_tlsf;

/* What a heap uses that asks for none: the classic heap reads best with first fit; the process
 * heap needs one that is bounded in time. */
#define CLASSIC_POLICY "first"
#define PROCESS_POLICY "segregated"

/* The root that a policy with a single list keeps it at. */
#define ONE_LIST 0

/* Segregated fits and TLSF keep a list at each root. Small sizes have a list each; above, each doubling of
 * sizes is a level, cut evenly into eight lists. They reach to 2^35 granules of 16 bytes: 512 GiB. */
#define LEVEL_LOG 3
#define LEVEL_LISTS (1u << LEVEL_LOG)
#define LAST_LIST (HALLOC_ROOTS - 1)

/* The list for blocks of `extent` bytes, header included. The last list holds all larger blocks, too. */
static inline size_t list_by_size(const halloc_free_set *set, size_t extent) {
    size_t granules = extent / set->granule;
    if (granules < LEVEL_LISTS)
        return granules;
    unsigned shift = floor_log2(granules) - LEVEL_LOG;
    return min_size((size_t)shift * LEVEL_LISTS + (granules >> shift), LAST_LIST);
}

/* How many roots of a set the policy uses: the first ones. */
static inline size_t policy_roots(const halloc_policy *policy) {
    return policy->roots ? min_size(policy->roots, HALLOC_ROOTS) : HALLOC_ROOTS;
}

/* An empty set for a heap with these two numbers. */
INTERNAL void free_set_init(halloc_free_set *set, const halloc_policy *policy, size_t header_bytes,
                            size_t granule);

/* Calls of the policy, counted. */
INTERNAL MemoryBlock *free_set_find(halloc_free_set *set, size_t size);
INTERNAL void free_set_insert(halloc_free_set *set, MemoryBlock *block);
INTERNAL void free_set_remove(halloc_free_set *set, MemoryBlock *block);
INTERNAL void free_set_take(halloc_free_set *set, MemoryBlock *block);

/* The payload size, at least `size`, that a block for it has: a multiple of the granule less the
 * header, and what the policy rounds to. 0: too large. */
INTERNAL size_t free_set_round(const halloc_free_set *set, size_t size);

/* The largest block that may start at `payload` within `bytes`, header included. */
INTERNAL size_t free_set_piece(const halloc_free_set *set, size_t payload, size_t bytes);

INTERNAL bool free_set_may_merge(const halloc_free_set *set, size_t payload, size_t left, size_t right);

/* The first thing wrong with the set's lists, or NULL; `found` receives how many blocks they hold.
 * Records lie in [low, high): a link that leads elsewhere is reported, not followed. */
INTERNAL const char *free_set_check(const halloc_free_set *set, const void *low, const void *high,
                                    size_t *found);
