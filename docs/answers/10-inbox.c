/* 10-inbox.c - where other threads hand slots back to the owner of their slab. */
#include <stdbool.h>
#include <stddef.h>

struct slot {
    struct slot *next;
};

struct inbox {
    struct slot *first;
};

/* Where `first` is no longer what it was, somebody came between: link to what is there now, and try again. */
void inbox_hand_over(struct inbox *inbox, struct slot *first, struct slot *last) {
    struct slot *old = __atomic_load_n(&inbox->first, __ATOMIC_RELAXED);
    do
        last->next = old;
    while (
        !__atomic_compare_exchange_n(&inbox->first, &old, first, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

/* Looking and taking are one step. */
struct slot *inbox_collect(struct inbox *inbox) {
    return __atomic_exchange_n(&inbox->first, NULL, __ATOMIC_ACQUIRE);
}
