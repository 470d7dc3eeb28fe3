/*
 * report.h - what `halloc run` knows when the program has ended, and how it tells it.
 */
#ifndef HALLOC_REPORT_H
#define HALLOC_REPORT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "../../src/base/counters.h"

struct report {
    char **command;
    struct counters_file *file; /* shared with every process of the program */
    pid_t pid;                  /* of the program itself                    */
    int status;                 /* as wait4 gives it                        */
    struct rusage usage;        /* of the program and all that it waited for */
    uint64_t elapsed_ns;
    char last_name[16];  /* what the kernel called the program at its end */
    const char *policy;  /* the object of a policy of one's own; NULL      */
    const char *why_not; /* no record of its own: why; NULL: there is one */

    const struct counters *records; /* those that are whole are told by report_is_whole */
    size_t count;
    uint64_t left_out; /* processes for which the file had no room */
};

/* How a process, or one of the programs that it was, came to its end. */
enum ending {
    ENDED_BY_EXIT,   /* its destructors ran                                                     */
    ENDED_BY_EXEC,   /* the process became another program, of the next record with its pid     */
    ENDED_BY__EXIT,  /* the program itself, without destructors                                 */
    ENDED_BY_SIGNAL, /* the program itself                                                      */
    ENDED_ELSEWHERE, /* the program itself, by another name than its record has: after exec, say */
    ENDED_UNKNOWN,   /* a descendant: by _exit, a signal, or exec of a program not on halloc    */
    ENDED_NOT_YET,   /* still at work                                                           */
};

/* Looks the records over: fills in count, left_out and why_not. After the program's end. */
void report_gather(struct report *report);

/* False for a record that a process took and did not live to fill. */
bool report_is_whole(const struct report *report, size_t index);

/* Is this the record of the program itself, at its end? */
bool report_is_main(const struct report *report, size_t index);

/* Did the program itself end under another name than its last record has? */
bool report_left_halloc(const struct report *report);

enum ending report_ending(const struct report *report, size_t index);

/* Processes, and the programs that they were, one after the other by exec: one record each. Their sum:
 * counts are added, peaks of processes are not, so those are the largest of any one. */
size_t report_processes(const struct report *report);
size_t report_programs(const struct report *report);
struct counters report_total(const struct report *report);

/* Peak resident bytes of one process; 0: not known, for it did not live to say. */
uint64_t report_peak_rss(const struct report *report, size_t index);

/* Shares between 0 and 1. Waste: bytes given but not asked for, of those given. Fragmentation: bytes of
 * slots and large blocks that the program did not have, of all bytes in those. What of a slab was never
 * carved into slots was never touched, and does not count. */
double report_waste(const struct counters *record);
double report_fragmentation_at_peak(const struct counters *record);
double report_fragmentation_at_end(const struct counters *record);
uint64_t report_occupied_bytes(const struct counters *record);  /* the latter's all, at the end */
uint64_t report_free_slot_bytes(const struct counters *record); /* of it, not live */

/* What the record inherited from the process that it was forked from, and has at its end. */
uint64_t report_inherited_blocks(const struct counters *record);
uint64_t report_slabs_live(const struct counters *record);
uint64_t report_large_live(const struct counters *record);

/* The report. `full`: of every process, all there is; else a few lines. */
void report_print(const struct report *report, FILE *out, bool full);
void report_print_json(const struct report *report, FILE *out);

/* --- report_words.c: in storage that later calls use again, a dozen calls later ---------------- */

const char *words_count(uint64_t number); /* 1,234,567 */
/* "1 resize", "2 resizes" */
const char *words_many(uint64_t number, const char *noun);
const char *words_bytes(uint64_t bytes); /* 45.3 MiB  */
const char *words_percent(double share); /* 4.1%      */
const char *words_seconds(uint64_t ns);  /* 1.24 s    */
const char *words_signal(int signal);    /* SIGKILL   */
const char *words_status(int status);    /* "exit status 3", "killed by SIGKILL" */
const char *words_ending(const struct report *report, size_t index);

#endif
