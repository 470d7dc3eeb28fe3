/*
 * slot.h - a slot, and how it says that it is free.
 *
 *      in use     | the program's                                  |
 *      listed     | link to the next | mark |                      |
 *
 * The mark is the slot's own address plus a constant. If a program frees a slot that is marked, that is a
 * double free. The mark need not be secret. Programs rarely store it by accident: it is odd, and far from the
 * object. A pointer to the slot itself would not do: many programs store empty circular lists, {self, self}.
 */
#pragma once

#include "size_class.h"

#define SLOT_MARK 0x5afe5107

ALWAYS_INLINE void **slot_words(void *slot) {
    return (void **)slot;
}

ALWAYS_INLINE uintptr_t slot_mark(const void *slot) {
    return (uintptr_t)slot + SLOT_MARK;
}

/* Two stores: without the barrier gcc makes one vector store of them, which takes more work. */
ALWAYS_INLINE void slot_set_free(void *slot, void *next) {
    slot_words(slot)[1] = (void *)slot_mark(slot);
    __asm__ volatile("" ::: "memory");
    slot_words(slot)[0] = next;
}

ALWAYS_INLINE bool slot_is_marked(void *slot) {
    return (uintptr_t)slot_words(slot)[1] == slot_mark(slot);
}

/* Takes the first slot of a list; NULL: it is empty. Fetches the next one, which the next malloc reads. */
ALWAYS_INLINE void *slot_pop(void **list) {
    void *slot = *list;
    if (unlikely(!slot))
        return NULL;
    void *next = slot_words(slot)[0];
    *list = next;
    __builtin_prefetch(next, 1);
    slot_words(slot)[1] = NULL; /* no longer marked */
    return slot;
}
