/*
 * lists.h - the free lists of a heap at two moments, and what changed between them.
 *
 *      before   list 0:  A  B  C  D             an edit: at place 0 of the list, nothing goes, E comes;
 *      after    list 0:  E  A  B  D                      at place 3, C goes
 *
 * A policy may keep its lists in any order and change them freely, so nothing is assumed. Two lists are
 * compared place by place. At a difference the nearest place is searched at which they agree again. One
 * operation changes a handful of links, so that place is near. If they never agree, the rest is replaced.
 * In any case the edits, applied in order, turn one list into the other exactly.
 */
#ifndef HALLOC_MAP_LISTS_H
#define HALLOC_MAP_LISTS_H

#include "../replay/serial/serial.h"

struct list_item {
    uint32_t list;
    uint64_t offset, size;
};

struct lists {
    struct list_item *items; /* list by list, in the order of the policy's roots */
    size_t count, room;
    bool failed; /* out of memory                                    */
};

void lists_take(struct lists *lists, const struct serial *serial);
/* Appends a block to a list, which is the last one. */
bool lists_add(struct lists *lists, uint32_t list, const struct serial_block *block);
void lists_free(struct lists *lists);

struct list_edit {
    uint32_t list;
    size_t place; /* the place in the list after the edits before it */
    size_t gone;  /* the number of items that go from there */
    const struct list_item *come;
    size_t come_count;
};

typedef void list_edit_visit(const struct list_edit *edit, void *context);
void lists_compare(const struct lists *before, const struct lists *after, list_edit_visit *visit,
                   void *context);

#endif
