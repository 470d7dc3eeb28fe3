/*
 * job_steps.h - makes a job (job.h) of a trace: decoded once, and replayed as often as needed.
 */
#ifndef HALLOC_JOB_STEPS_H
#define HALLOC_JOB_STEPS_H

#include "../../trace/read/reader.h"
#include "job.h"

struct steps {
    struct job *job; /* mapped, and shared with children */
    int fd;          /* the same, for a program that is executed */
    uint64_t replayed;
};

/* All steps in the one order, or each thread's by itself. Takes 16 bytes an operation. False: no memory;
 * see errno. */
bool steps_make(struct steps *steps, const struct trace *trace, bool threads);
void steps_free(struct steps *steps);

/* Makes the job ready to be played again. */
void steps_rewind(struct steps *steps, enum pass pass);

/* The number in the whole trace of a thread's operation. */
uint64_t steps_number(const struct steps *steps, const struct trace *trace, uint32_t thread, uint64_t index);

#endif
