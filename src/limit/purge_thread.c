/*
 * purge_thread.c - HALLOC_CONF=purge_thread:on: a thread that gives memory back while the program sleeps.
 *
 * Memory goes back while a program allocates and frees (purge.h, thin.c). One that falls asleep would keep
 * what was free at that moment. So once a second this thread does what any thread does at times: free blocks
 * go, down to the line, and pages between objects in slabs without an owner. Where the container is short of
 * memory, all free blocks go. What other threads keep, it can't touch: their caches have no lock.
 *
 * The first small request after any thread's periodic work starts it: so a process that hardly allocates has
 * none, and the child of a fork gets one of its own. It takes no signals, and keeps nothing. When all others
 * have ended, it ends the process.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../platform/fatal.h"
#include "limit.h"

INTERNAL_DEFINE bool purge_thread_is_due, purge_thread_is_there;

/* The main thread has called pthread_exit, and stays as a zombie; the others have ended. Without us libc
 * would end the process. "PID (NAME) STATE ...": the 18th word behind the name is the number of threads. */
static bool others_have_ended(const char *text) {
    const char *name_end = strrchr(text, ')'), *at = name_end;
    for (int word = 0; at && word < 18; word++)
        at = strchr(at + 1, ' ');
    return at && name_end[2] == 'Z' && strncmp(at, " 2 ", 3) == 0;
}

static void *purge_each_second(void *nothing __attribute__((unused))) {
    cache_is_barred = true;
    char text[512];
    while (text_of_file("/proc/self/stat", text, sizeof text), *text) {
        if (others_have_ended(text)) {
            platform_mask_signals(&(uint64_t){0}, NULL); /* for the program's own exit handlers */
            exit(0);
        }
        syscall(SYS_nanosleep, &(struct timespec){.tv_sec = 1}, NULL);
        if (conf.purge && cgroup_is_pressed())
            purge_to(0, SIZE_MAX);
        else
            purge_if_due();
        struct thread_cache *cache = conf.purge ? cache_borrow() : NULL;
        if (!cache)
            continue;
        cache_thin(cache, false);
        cache_return(cache);
    }
    print_line("halloc: purge_thread: ends: it can't read /proc/self/stat");
    return NULL;
}

INTERNAL void purge_thread_start(void) {
    int saved = errno;
    uint64_t before, but_libcs = ~((uint64_t)7 << 31); /* setuid waits until each thread took one of those */
    pthread_t thread;
    store_relaxed(&purge_thread_is_due, false);
    if (!conf.purge_thread || __atomic_exchange_n(&purge_thread_is_there, true, __ATOMIC_RELAXED))
        return;
    platform_mask_signals(&but_libcs, &before);
    if (pthread_create(&thread, NULL, purge_each_second, NULL))
        print_line("halloc: purge_thread: can't be started");
    platform_mask_signals(&before, NULL);
    errno = saved; /* for a malloc that succeeds */
}
