/*
 * stack.c - finds where a thread's stack lies. So the walk along frame pointers never leaves it.
 *
 * libc knows that, but can't be asked: pthread_getattr_np takes a lock, and a program that calls it may be
 * in malloc now. So the kernel's list of mappings is read:
 *
 *  - The first thread's stack is the mapping "[stack]". It grows downwards to its limit.
 *  - Any other thread has its own record at the upper end of its stack, and pthread_self points to it:
 *    glibc and musl put it there. The memory above may be another mapping, which may vanish at any time.
 *  - If neither is in the mapping that we run in, this is the stack of a coroutine or of a signal. Then
 *    only the direct caller is known.
 */
#include "../capture.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_MOST ((uint64_t)1 << 30) /* the size if there is no limit */

struct search {
    struct recorder *recorder;
    uintptr_t here, self;
};

static uintptr_t first_stack_bottom(const struct mapping *mapping) {
    struct {
        uint64_t soft, hard;
    } limit = {0, 0};
    syscall(SYS_prlimit64, 0, RLIMIT_STACK, NULL, &limit);
    uint64_t most = limit.soft < STACK_MOST ? limit.soft : STACK_MOST;
    uintptr_t lowest = mapping->end > most ? mapping->end - most : 0;
    return lowest < mapping->start ? lowest : mapping->start;
}

static bool look(void *context, const struct mapping *mapping) {
    struct search *search = context;
    if (search->here - mapping->start >= mapping->end - mapping->start)
        return true;
    bool first = mapping->path_bytes == 7 && memcmp(mapping->path, "[stack]", 7) == 0;
    if (first) {
        search->recorder->stack_bottom = first_stack_bottom(mapping);
        search->recorder->stack_top = mapping->end;
    } else if (search->self > search->here && search->self < mapping->end) {
        search->recorder->stack_bottom = mapping->start;
        search->recorder->stack_top = search->self;
    }
    return false;
}

void stack_find(struct recorder *recorder) {
    struct search search = {recorder, (uintptr_t)__builtin_frame_address(0), (uintptr_t)pthread_self()};
    maps_read(look, &search);
}
