/*
 * sites.h - what sites.c and modules.c share: a series of things that are written once, in its own blocks,
 * one after the other (series.c). Whoever calls holds the lock of sites.c.
 */
#ifndef HALLOC_CAPTURE_SITES_H
#define HALLOC_CAPTURE_SITES_H

#include "../capture.h"

struct series {
    struct trace_block *block;
    uint8_t *at;
};

/* Room for `bytes` more, in this block or a new one, whose first item is number `first`. */
bool series_room(struct series *series, unsigned kind, uint64_t first, size_t bytes);
/* `end`: where the item that was put there ends. */
void series_added(struct series *series, uint8_t *end);
void series_close(struct series *series);
/* In a forked child. Not `whole`: the block stays mapped. */
void series_forget(struct series *series, bool whole);

/* How often a library was unloaded. What is written belongs to the epoch that its block names. */
extern uint32_t series_epoch;

/* --- modules.c ------------------------------------------------------------------------------------ */

/* Reads the list of mappings, unless all these addresses lie in modules that are known. */
void modules_look(const uint64_t *addresses, unsigned count);
/* A number for what these addresses are in what is loaded now: the same whenever it is loaded there again. */
uint64_t modules_key(const uint64_t *addresses, unsigned count);
/* A library was unloaded: what is known must be looked up again. */
void modules_doubt(void);
void modules_forget(bool whole);

#endif
