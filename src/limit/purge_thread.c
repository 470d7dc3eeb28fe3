/*
 * purge_thread.c - HALLOC_CONF=purge_thread:on: a thread that gives memory back while the program sleeps.
 *
 * Once a second it looks whether blocks were taken or given since. If so, it does what any thread does at
 * times (purge.h). If not, the program sleeps: all that is free goes, and what lies between the objects in
 * slabs without an owner. What other threads keep, it can't touch: their caches have no lock.
 *
 * It starts before main. The child of a fork has none, until the periodic work of one of its own threads
 * starts one. It takes no signals, and allocates nothing. A process whose other threads have all ended ends.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "../platform/fatal.h"
#include "../region/purge.h"
#include "limit.h"

#define STACK_BYTES (256 * KIB) /* libc puts all thread-local variables of the program there, too */

static bool is_there;

/* Blocks that became free, or were taken, or changed their size. */
static uint64_t changes(void) {
    return load_relaxed(&counters->policy_inserts) + load_relaxed(&counters->policy_removes);
}

static void give_all_back(void) {
    struct thread_cache *cache = cache_borrow();
    if (cache) {
        cache_thin(cache, true);
        cache_return(cache);
    }
    purge_to(0);
}

/* The main thread has called pthread_exit, and the others have ended. Without us libc would end the process.
 * The main thread stays as a zombie. */
static bool is_alone(void) {
    char text[512], state = 0;
    int threads = 0;
    platform_read_file("/proc/self/stat", text, sizeof text);
    const char *rest = strrchr(text, ')'); /* behind the program's name */
    if (rest)
        sscanf(rest, ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %d", &state,
               &threads);
    return state == 'Z' && threads == 2;
}

static void *look_each_second(void *nothing) {
    uint64_t seen = 0;
    cache_is_barred = true;
    for (bool sleeps = false;; seen = changes()) {
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        if (is_alone())
            exit(0);
        bool slept = sleeps;
        sleeps = changes() == seen;
        if (!sleeps)
            purge_if_due();
        else if (!slept)
            give_all_back();
    }
    return nothing;
}

INTERNAL void purge_thread_start(void) {
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;
    if (__atomic_exchange_n(&is_there, true, __ATOMIC_RELAXED))
        return;
    sigfillset(&all); /* but those that libc needs itself */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &attributes, look_each_second, NULL);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        warn("purge_thread", "can't be started");
}

INTERNAL void purge_thread_after_fork(void) {
    is_there = false;
}

/* Libraries before glibc 2.34 are not ready for threads here: there the first periodic work starts it. */
#if !defined(__GLIBC__) || __GLIBC_PREREQ(2, 34)
static __attribute__((constructor(102))) void start_before_main(void) {
    if (conf.purge_thread)
        purge_thread_start();
}
#endif
