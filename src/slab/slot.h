/*
 * slot.h - a slot, and how it says that it is free.
 *
 *      in use     | the program's                                  |
 *      listed     | link to the next | mark |                      |
 *
 * The mark is the sum of the slot's address, the link, and a constant. If a program frees a slot that has its
 * mark, that is a double free. If a slot on a list lacks it, the program wrote there after its free. So no
 * link is followed that a program wrote. The mark need not be secret. Programs rarely store it by accident:
 * it is odd, and far from the object. A pointer to the slot itself would not do: many programs store empty
 * circular lists, {self, self}.
 */
#pragma once

#include "size_class.h"

#define SLOT_MARK 0x5afe5107

ALWAYS_INLINE void **slot_words(void *slot) {
    return (void **)slot;
}

ALWAYS_INLINE uintptr_t slot_mark(const void *slot, const void *next) {
    return (uintptr_t)slot + (uintptr_t)next + SLOT_MARK;
}

/* Two stores: without the barrier gcc makes one vector store of them, which takes more work. */
ALWAYS_INLINE void slot_set_free(void *slot, void *next) {
    slot_words(slot)[1] = (void *)slot_mark(slot, next);
    __asm__ volatile("" ::: "memory");
    slot_words(slot)[0] = next;
}

ALWAYS_INLINE bool slot_is_marked(void *slot) {
    return (uintptr_t)slot_words(slot)[1] == slot_mark(slot, slot_words(slot)[0]);
}

/* Aborts. Under misuse:warn the list ends there: NULL. */
INTERNAL void *slot_is_damaged(const void *slot);

/* The next slot of a list. */
ALWAYS_INLINE void *slot_next(void *slot) {
    return likely(slot_is_marked(slot)) ? slot_words(slot)[0] : slot_is_damaged(slot);
}

/* Takes the first slot of a list; NULL: the list is empty, or its first slot is damaged. Fetches the next
 * one, which the next malloc reads. */
ALWAYS_INLINE void *slot_pop(void **list) {
    void *slot = *list;
    if (unlikely(!slot))
        return NULL;
    void *next = slot_words(slot)[0];
    if (unlikely((uintptr_t)slot_words(slot)[1] != slot_mark(slot, next)))
        return NULL;
    *list = next;
    __builtin_prefetch(next, 1);
    slot_words(slot)[1] = NULL; /* no longer marked */
    return slot;
}
