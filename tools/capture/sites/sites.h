/*
 * sites.h - what sites.c and modules.c share. Whoever calls holds the lock of sites.c. The list, in list.c,
 * has blocks of things that are written once, one after the other.
 */
#ifndef HALLOC_CAPTURE_SITES_H
#define HALLOC_CAPTURE_SITES_H

#include "../capture.h"

struct list {
    struct trace_block *block;
    uint8_t *at;
};

/* Room for `bytes` more, in this block or a new one, whose first item is number `first`. */
bool list_room(struct list *list, unsigned kind, uint64_t first, size_t bytes);
/* `end`: where the item that was put there ends. */
void list_added(struct list *list, uint8_t *end);
void list_close(struct list *list);
/* In a forked child. Not `whole`: the block stays mapped. */
void list_forget(struct list *list, bool whole);

/* How often a library was unloaded. What is written belongs to the epoch that its block names. */
extern uint32_t list_epoch;

/* --- modules.c ------------------------------------------------------------------------------------ */

/* Reads the list of mappings, unless all these addresses lie in modules that are known. */
void modules_look(const uint64_t *addresses, unsigned count);
/* A number for what these addresses are in what is loaded now: the same whenever it is loaded there again. */
uint64_t modules_key(const uint64_t *addresses, unsigned count);
/* A library was unloaded: what is known must be looked up again. */
void modules_doubt(void);
void modules_forget(bool whole);

#endif
