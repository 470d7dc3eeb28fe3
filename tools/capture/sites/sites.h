/*
 * sites.h - shared by sites.c and modules.c: a series of items that are written once, one after the other,
 * in blocks of its own (series.c). Callers hold the lock of sites.c.
 */
#ifndef HALLOC_CAPTURE_SITES_H
#define HALLOC_CAPTURE_SITES_H

#include "../capture.h"

struct series {
    struct trace_block *block;
    uint8_t *at;
};

/* Makes room for `bytes` more, in this block or a new one, whose first item is number `first`. */
bool series_room(struct series *series, unsigned kind, uint64_t first, size_t bytes);
/* `end`: the end of the item that was written. */
void series_added(struct series *series, uint8_t *end);
void series_close(struct series *series);
/* In a forked child. Not `whole`: the block stays mapped. */
void series_forget(struct series *series, bool whole);

/* How often a library was unloaded. Each block names the epoch that its items belong to. */
extern uint32_t series_epoch;

/* --- modules.c ------------------------------------------------------------------------------------ */

/* Reads the list of mappings, unless all these addresses lie in known modules. */
void modules_look(const uint64_t *addresses, unsigned count);
/* A hash of these addresses and their modules: the same whenever the same code is loaded there again. */
uint64_t modules_key(const uint64_t *addresses, unsigned count);
/* A library was unloaded: everything must be looked up again. */
void modules_doubt(void);
void modules_forget(bool whole);

#endif
