#!/bin/bash
# HALLOC_CONF=purge_thread:on: a program that sleeps gives its memory back, and notices nothing of the thread that does
# it: no signal, no fork, no setuid, no end. Without the key there is no thread.
. "$(dirname "$0")/lib.sh"

compile sleeper -D_GNU_SOURCE <<'END'
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
enum { OBJECTS = 100000 };
static void *object[OBJECTS];
static long value(const char *file, const char *name) {
    char text[4096];
    FILE *from = fopen(file, "r");
    if (!from) exit(90);
    text[fread(text, 1, sizeof text - 1, from)] = 0;
    fclose(from);
    return strtol(strstr(text, name) + strlen(name), NULL, 0);
}
static long resident_mib(void) { return value("/proc/self/status", "VmRSS:") >> 10; }
static long peak_mib(void) { return value("/proc/self/status", "VmHWM:") >> 10; } /* what is resident falls */
static void forget_peak(void) {
    FILE *refs = fopen("/proc/self/clear_refs", "w");
    if (!refs || fputs("5", refs) < 0 || fclose(refs)) exit(95);
}
static int threads(void) { return (int)value("/proc/self/status", "Threads:"); }
static void use_100_mib(int keep) { /* and keep one object of so many */
    errno = 5;
    for (int i = 0; i < OBJECTS; i++) object[i] = memset(malloc(1000), 1, 1000);
    for (int i = 0; i < OBJECTS; i++) if (i % keep) free(object[i]);
    if (errno != 5) exit(91);
}
static void *keep_some(void *argument) { use_100_mib(20); return argument; }
static int sleeps_until_below(long mib) { /* it has five minutes */
    for (int i = 0; i < 3000 && resident_mib() >= mib; i++) usleep(100000);
    return resident_mib() < mib;
}
static void at_signal(int signal) { if (gettid() != getpid()) _exit(92); (void)signal; }
static volatile int heard;
static void at_last_signal(int signal) { heard = signal; }
static void at_end(void) { /* on a stack of common size, and open to signals */
    volatile char much[1 << 20];
    for (int i = sizeof much; i > 0; i -= 512) much[i - 1] = 1;
    signal(SIGUSR1, at_last_signal);
    raise(SIGUSR1);
    (void)!write(1, heard ? "the end\n" : "no sign\n", 8);
}
static __thread volatile char on_each_stack[300 << 10];
int main(int count, char **arguments) {
    on_each_stack[count] = 1;
    use_100_mib(OBJECTS);
    if (!strcmp(arguments[1], "none")) return threads() != 1;
    if (!strcmp(arguments[1], "memory")) {
        if (threads() != 2) return 1;
        if (peak_mib() < 90 || !sleeps_until_below(30)) return 2;
        forget_peak();
        pthread_t thread; /* what an ended thread leaves between the objects of its slabs */
        pthread_create(&thread, NULL, keep_some, NULL);
        pthread_join(thread, NULL);
        return peak_mib() < 90 ? 3 : sleeps_until_below(60) ? 0 : 4;
    }
    if (!strcmp(arguments[1], "signals")) { /* all of them come to the main thread */
        signal(SIGUSR1, at_signal);
        sigset_t usr1;
        pthread_sigmask(SIG_SETMASK, NULL, &usr1);
        if (sigismember(&usr1, SIGUSR1)) return 93;
        sigemptyset(&usr1);
        sigaddset(&usr1, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &usr1, NULL);
        for (int i = 0; i < 200; i++) kill(getpid(), SIGUSR1), usleep(100);
        pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
        return threads() != 2;
    }
    if (!strcmp(arguments[1], "setuid")) return setgid(getgid()) || setuid(getuid()) || threads() != 2;
    if (!strcmp(arguments[1], "fork")) {
        for (int i = 0; i < 300; i++) {
            pid_t child = fork();
            if (child == 0 && i % 100) _exit(threads() != 1);
            if (child == 0) { /* it starts a thread of its own as it goes on */
                for (int tries = 0; tries < 3000 && threads() == 1; tries++) use_100_mib(OBJECTS);
                _exit(threads() != 2);
            }
            int status;
            if (waitpid(child, &status, 0) != child || status) return 1;
        }
        return threads() != 2;
    }
    if (!strcmp(arguments[1], "last")) { /* the process ends with the last of its own threads */
        atexit(at_end);
        pthread_t thread;
        pthread_create(&thread, NULL, keep_some, NULL);
        pthread_exit(NULL);
    }
    return 99;
}
END
HALLOC_CONF=purge:on on_halloc -- ./sleeper none || fail "a thread, and nobody asked for it"
for what in memory signals setuid fork last; do
    HALLOC_CONF=purge_thread:on on_halloc -- ./sleeper $what >out 2>err || fail "$what: status $?: $(cat out err)"
done
equal "what the last thread's end brings" "the end" "$(cat out)"

# A thread that can't be started: one line, and the program goes on. free keeps errno all the same.
compile_library refuse <<'END'
#include <errno.h>
#include <pthread.h>
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    (void)thread, (void)attributes, (void)start, (void)argument;
    return errno = EAGAIN;
}
END
HALLOC_CONF=purge_thread:on on_halloc "$work/refuse.so" -- ./sleeper none 2>err || fail "no thread to be had: status $?"
equal "what is said then" "halloc: purge_thread: can't be started" "$(cat err)"
finish "the thread that purges"
