/* slab_list.h - a queue of slabs, linked by numbers of descriptors. In it slabs gather free slots. */
#pragma once

#include "slab.h"

struct slab_list {
    struct slab *first; /* may be read without the list's lock, to see if there is any */
    struct slab *last;
};

static inline struct slab *slab_next(const struct slab *slab) {
    return slab_numbered(links_of(slab)->next);
}

static inline void slab_list_append(struct slab_list *list, struct slab *slab) {
    links_of(slab)->next = 0;
    links_of(slab)->prev = slab_number(list->last);
    if (list->last)
        links_of(list->last)->next = slab_number(slab);
    else
        store_relaxed(&list->first, slab);
    list->last = slab;
}

static inline void slab_list_remove(struct slab_list *list, struct slab *slab) {
    struct slab *prev = slab_numbered(links_of(slab)->prev), *next = slab_next(slab);
    if (prev)
        links_of(prev)->next = slab_number(next);
    else
        store_relaxed(&list->first, next);
    if (next)
        links_of(next)->prev = slab_number(prev);
    else
        list->last = prev;
}
