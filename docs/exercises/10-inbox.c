/* 10-inbox.c - where other threads hand slots back to the owner of their slab. When two of them come at once, slots
 * are lost. Mend it, without a lock: who is interrupted in the middle must keep nobody waiting. */
#include <stddef.h>

struct slot {
    struct slot *next;
};

struct inbox {
    struct slot *first;
};

/* Any thread, at any time: adds the slots that are linked from `first` to `last`. */
void inbox_hand_over(struct inbox *inbox, struct slot *first, struct slot *last) {
    last->next = inbox->first;
    inbox->first = first;
}

/* The owner: takes all of them. NULL: none. */
struct slot *inbox_collect(struct inbox *inbox) {
    struct slot *all = inbox->first;
    inbox->first = NULL;
    return all;
}
