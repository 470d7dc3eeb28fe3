/* slot.c - see slot.h. */
#include "slot.h"

#include "../platform/fatal.h"

INTERNAL void *slot_is_damaged(const void *slot) {
    fatal("malloc", FAULT_WRITTEN, slot);
    return NULL;
}
