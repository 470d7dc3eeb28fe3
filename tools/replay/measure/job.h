/*
 * job.h - what one process gives to another so that it replays a trace: a mapped file of steps, with room
 * for the answer.
 *
 *      struct job | starts of threads | step | step | step | ...
 *
 * The command decodes the trace once (job_steps.c) into steps of 16 bytes. Then each measurement has a
 * process of its own. It is forked; for an allocator in a shared object, it is executed with that object
 * preloaded. Such a process reads the steps directly from the file and decodes nothing. Its tables are in
 * mappings of its own. So the allocator under measurement serves the trace and nothing else.
 */
#ifndef HALLOC_REPLAY_JOB_H
#define HALLOC_REPLAY_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- Steps ------------------------------------------------------------------------------------------- */

enum step_kind {
    STEP_NOTHING, /* for operations without effect: so a step's index is its operation's number */
    STEP_MALLOC,
    STEP_CALLOC,
    STEP_ALIGNED,
    STEP_REALLOC, /* slot[object] = realloc(slot[previous]) */
    STEP_FREE,
    STEP_FREE_NULL,
};

/* Slots. In the replay by one thread a slot is used again after its object has ended. So the table is as
 * small as the live objects. With several threads each object has a slot of its own, which is empty until
 * the object begins. */
struct step {
    uint64_t word; /* size, kind, log2 of the alignment; step_* take it apart */
    uint32_t object, previous;
};

#define STEP_SIZE_MOST (((uint64_t)1 << 48) - 1)
#define STEP_WAIT                                                                                            \
    ((uint64_t)1 << 58) /* another thread allocates the object that this step ends: wait for it */

static inline uint64_t step_word(enum step_kind kind, uint64_t size, unsigned alignment_log2, bool wait) {
    return (size < STEP_SIZE_MOST ? size : STEP_SIZE_MOST) | (uint64_t)kind << 48 |
           (uint64_t)(alignment_log2 & 63) << 52 | (wait ? STEP_WAIT : 0);
}
static inline enum step_kind step_kind(const struct step *step) {
    return (enum step_kind)(step->word >> 48 & 15);
}
static inline size_t step_size(const struct step *step) {
    return (size_t)(step->word & STEP_SIZE_MOST);
}
static inline size_t step_alignment(const struct step *step) {
    return (size_t)1 << (step->word >> 52 & 63);
}

/* --- The job ----------------------------------------------------------------------------------------- */

enum pass {
    PASS_TIME,   /* as fast as it goes; writes the first byte of each block                       */
    PASS_MEMORY, /* touches every page of each block, and asks for the heap's size                */
    PASS_CHECK,  /* fills every block and verifies it                                             */
};

struct answer {
    uint64_t done; /* steps so far, of all threads: the progress, if it does not return */
    uint64_t failures;
    uint64_t ns;                        /* PASS_TIME: all steps together, in wall-clock time */
    bool told;                          /* PASS_MEMORY: reported by the allocator itself, after every step */
    uint64_t peak_bytes, end_bytes;     /* else resident bytes, less those before the first step */
    uint64_t peak_live_bytes;           /*   as requested                                         */
    double average_bytes, average_live; /* over the moments of measurement */
    uint64_t samples;
    bool finished, broken;
    uint32_t broken_thread;
    uint64_t broken_index; /* the step of that thread */
    char what[200];
};

#define JOB_MAGIC 0x626f6a68u /* "hjob" */
#define SAMPLES_MOST 256u

struct job {
    uint32_t magic;
    uint32_t pass;
    uint32_t threads; /* 1: one thread has all steps, in the one order */
    uint32_t slots;
    uint64_t steps;
    uint64_t sample_every,
        sample_also; /* PASS_MEMORY: measure after each so many steps, and after this one */
    uint64_t bytes;  /* of the whole file */
    struct answer answer;
    uint64_t starts[]; /* threads + 1 places where each thread's steps begin; then the steps */
};

static inline struct step *job_steps(const struct job *job) {
    return (struct step *)&job->starts[(size_t)job->threads + 1];
}

#endif
