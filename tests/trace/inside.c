/*
 * inside.c - programs whose first calls of malloc come from within a function of libc that holds a lock, so that
 * a recorder that calls the same function waits for ever:
 *
 *      inside attributes    pthread_getattr_np, in the first thread and in another; then frames
 *      inside registry      pthread_atfork, often enough for it to allocate
 *      inside loader        a library's start waits for a thread that calls new; words[2] is the library
 */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *volatile keep; /* no call may be optimised away */

static void ask(void) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        abort();
    pthread_attr_destroy(&attributes);
}

__attribute__((noinline)) static void inner(void) {
    free(keep = malloc(54321));
    __asm__ volatile(""); /* no tail call: the frame stays */
}

__attribute__((noinline)) static void outer(void) {
    inner();
    __asm__ volatile("");
}

static void *run(void *argument) {
    ask();
    outer();
    return argument;
}

static void nothing(void) {
}

__attribute__((constructor(101))) static void start(void) {
    ask(); /* before main, and before whatever else may allocate */
}

int main(int count, char **words) {
    const char *word = count > 1 ? words[1] : "";
    pthread_t thread;
    if (strcmp(word, "registry") == 0)
        for (int handler = 0; handler < 200; handler++)
            if (pthread_atfork(nothing, nothing, nothing) != 0)
                return 1;
    if (strcmp(word, "loader") == 0 && !dlopen(words[2], RTLD_NOW))
        return 2;
    if (strcmp(word, "attributes") == 0)
        outer();
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        return 3;
    pthread_join(thread, NULL);
    return 0;
}
