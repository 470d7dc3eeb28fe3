/* alone.h - the lock of a class, under harden:on. A thread that is alone takes none: that would be half of
 * the time. */
#pragma once

#include "../slab/shared.h"

#pragma weak __libc_single_threaded
extern char __libc_single_threaded;

/* True: the lock was taken, and is to be given back. */
ALWAYS_INLINE bool enter_class(unsigned size_class) {
    if (&__libc_single_threaded && __libc_single_threaded)
        return false;
    lock_acquire(shared_lock(size_class));
    return true;
}

ALWAYS_INLINE void leave_class(unsigned size_class, bool entered) {
    if (entered)
        lock_release(shared_lock(size_class));
}
