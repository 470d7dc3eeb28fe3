/*
 * samples.h - reads the samples of a process (src/sample/sample.h), and switches its sampler on and off.
 *
 *      sites      call sites, with what their samples stand for: all that they ever asked for
 *      samples    those that are in use now, each with its call site and age
 */
#ifndef HALLOC_LIVE_SAMPLES_H
#define HALLOC_LIVE_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SAMPLES_FRAMES_MOST 60

struct samples_site {
    uint64_t objects, bytes;
    uint32_t depth; /* 0: its stack is not known */
    uint64_t frame[SAMPLES_FRAMES_MOST];
};

struct samples_object {
    uint64_t address;
    uint64_t size, granted; /* as requested; and the bytes of its slot or block */
    uint64_t weight;        /* how many bytes it stands for */
    uint32_t age_seconds, site;
};

struct samples {
    char program[64];
    uint64_t mean_bytes;        /* 0: the sampler is off */
    struct samples_site *sites; /* number 0 is that of all stacks that found no place */
    size_t site_count;
    struct samples_object *objects;
    size_t object_count;
};

/* Returns NULL, or why not, in words that follow "process 17: ". `paused`: holds the process still meanwhile.
 * The caller frees the samples in any case. */
const char *samples_take(pid_t pid, bool paused, struct samples *samples);
void samples_free(struct samples *samples);

/* One object in so many bytes is sampled from now on; 0: none. Those that were stay. */
const char *samples_switch(pid_t pid, uint64_t mean_bytes);

#endif
