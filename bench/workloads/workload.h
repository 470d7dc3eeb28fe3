/*
 * workload.h - what the workloads share. Each is a program of its own, on plain malloc and free, so that
 * LD_PRELOAD decides which allocator it races:
 *
 *      WORKLOAD SCALE [THREADS [VARIANT]]
 *
 * The same arguments always do the same calls: every random choice comes from a seeded generator, one a
 * thread. SCALE multiplies the amount of work (and of memory, where the workload says so); 1 is some half
 * a second on a machine of today. On stdout: `figure NAME VALUE` lines, among them the calls made.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MOST 256
#define KIB ((size_t)1024)
#define MIB (KIB * KIB)

static double scale = 1;
static unsigned threads = 2;
static const char *variant = "";

static inline void workload_begin(int argc, char **argv) {
    if (argc > 1)
        scale = atof(argv[1]);
    if (argc > 2)
        threads = (unsigned)atoi(argv[2]);
    if (argc > 3)
        variant = argv[3];
    if (scale <= 0 || threads < 1 || threads > THREADS_MOST) {
        dprintf(2, "usage: %s SCALE [THREADS [VARIANT]]\n", argv[0]);
        exit(2);
    }
}

/* `amount` at this scale, at least `least`. */
static inline size_t scaled(double amount, size_t least) {
    size_t result = (size_t)(amount * scale);
    return result < least ? least : result;
}

static inline void figure(const char *name, double value) {
    dprintf(1, "figure %s %.10g\n", name, value);
}

/* --- Random choices: xorshift64* (S. Vigna, 2016) ---------------------------------------------------- */

struct dice {
    uint64_t state;
};

static inline uint64_t roll(struct dice *dice) {
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return dice->state * 0x2545f4914f6cdd1d;
}

/* One generator a seed; near seeds give unrelated sequences. */
static inline struct dice dice_for(uint64_t seed) {
    struct dice dice = {(seed + 1) * 0x9e3779b97f4a7c15};
    roll(&dice);
    roll(&dice);
    return dice;
}

static inline size_t below(struct dice *dice, size_t bound) {
    return (size_t)((roll(dice) >> 32) * bound >> 32);
}

static inline size_t between(struct dice *dice, size_t least, size_t most) {
    return least + below(dice, most - least + 1);
}

/* Many small and few large, evenly over the powers of two: how sizes spread in most programs. */
static inline size_t log_between(struct dice *dice, size_t least, size_t most) {
    unsigned low = 63 - (unsigned)__builtin_clzll(least), high = 63 - (unsigned)__builtin_clzll(most);
    size_t base = (size_t)1 << between(dice, low, high);
    size_t size = base + below(dice, base);
    return size < least ? least : size > most ? most : size;
}

/* --- Memory -------------------------------------------------------------------------------------------- */

/* Uses a block as a program would, at the least: it writes the beginning and the end. */
static inline void *touched(void *ptr, size_t bytes) {
    if (!ptr) {
        dprintf(2, "out of memory: %zu bytes\n", bytes);
        exit(1);
    }
    char *block = ptr;
    block[0] = (char)bytes;
    block[bytes - 1] = (char)bytes;
    return ptr;
}

static inline void *take(size_t bytes) {
    return touched(malloc(bytes), bytes);
}

/* Writes every page, as a program that fills its memory. */
static inline void *take_whole(size_t bytes) {
    char *block = take(bytes);
    for (size_t at = 0; at < bytes; at += 4096)
        block[at] = 1;
    return block;
}

static inline double resident_mib(void) {
    char text[64] = "";
    int file = open("/proc/self/statm", O_RDONLY);
    if (file < 0 || read(file, text, sizeof text - 1) < 0)
        exit(1);
    close(file);
    return (double)atol(strchr(text, ' ')) * (double)sysconf(_SC_PAGESIZE) / (double)MIB;
}

/* --- Threads ------------------------------------------------------------------------------------------- */

/* Starts `count` threads with their numbers, and waits for all. */
static inline void in_threads(unsigned count, void *(*work)(void *)) {
    pthread_t started[THREADS_MOST];
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&started[i], NULL, work, (void *)(uintptr_t)i))
            exit(1);
    for (unsigned i = 0; i < count; i++)
        pthread_join(started[i], NULL);
}

#endif
