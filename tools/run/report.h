/*
 * report.h - what `halloc run` knows after the program's end, and how it prints that.
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
    struct rusage usage;        /* of the program and all processes that it waited for */
    uint64_t elapsed_ns;
    char last_name[16];  /* the kernel's name of the program at its end */
    const char *policy;  /* the shared object of the user's policy; NULL */
    const char *why_not; /* why it has no record of its own; NULL: it has one */

    const struct counters *records; /* report_is_whole tells which are whole */
    size_t count;
    uint64_t left_out; /* processes for which the file had no room */
};

/* How a process, or one of its programs, ended. */
enum ending {
    ENDED_BY_EXIT,   /* its destructors ran                                                     */
    ENDED_BY_EXEC,   /* the process became another program, of the next record with its pid     */
    ENDED_BY__EXIT,  /* the program itself, without destructors                                 */
    ENDED_BY_SIGNAL, /* the program itself                                                      */
    ENDED_ELSEWHERE, /* the program itself, under another name than its record has: for example after exec */
    ENDED_UNKNOWN,   /* a descendant: by _exit, a signal, or exec of a program not on halloc    */
    ENDED_NOT_YET,   /* still at work                                                           */
};

/* Reads the records: sets count, left_out and why_not. After the program's end. */
void report_gather(struct report *report);

/* False for a record whose process ended before it filled it. */
bool report_is_whole(const struct report *report, size_t index);

/* Is this the record of the program itself, at its end? */
bool report_is_main(const struct report *report, size_t index);

/* Did the program itself end under another name than its last record has? */
bool report_left_halloc(const struct report *report);

enum ending report_ending(const struct report *report, size_t index);

/* Processes and their programs, one after the other by exec: one record each. A sum adds counts. It can't
 * add peaks of processes, so those are the largest of any process. */
size_t report_processes(const struct report *report);
size_t report_programs(const struct report *report);
struct counters report_total(const struct report *report);

/* Peak resident bytes of one process; 0: unknown, because it ended too early. */
uint64_t report_peak_rss(const struct report *report, size_t index);

/* Shares between 0 and 1. Waste: of the bytes allocated, the share beyond the requests. Fragmentation: of
 * all bytes in slots and large blocks, the share that the program did not have. The part of a slab that was
 * never carved into slots was never touched, and does not count. */
double report_waste(const struct counters *record);
double report_fragmentation_at_peak(const struct counters *record);
double report_fragmentation_at_end(const struct counters *record);
uint64_t report_occupied_bytes(const struct counters *record);  /* the latter's all, at the end */
uint64_t report_free_slot_bytes(const struct counters *record); /* of it, not live */

/* What the record inherited from its parent by fork, and has at its end. */
uint64_t report_inherited_blocks(const struct counters *record);
uint64_t report_slabs_live(const struct counters *record);
uint64_t report_large_live(const struct counters *record);

/* Prints the report. `full`: everything about every process; else a few lines. */
void report_print(const struct report *report, FILE *out, bool full);
void report_print_json(const struct report *report, FILE *out);

/* --- report_words.c: in storage that later calls use again, a dozen calls later ---------------- */

const char *words_count(uint64_t number); /* 1,234,567 */
/* "1 resize", "2 resizes" */
const char *words_many(uint64_t number, const char *noun);
const char *words_bytes(uint64_t bytes);  /* 45.3 MiB  */
const char *words_percent(double share);  /* 4.1%      */
const char *words_seconds(uint64_t ns);   /* 1.24 s    */
const char *words_signal(int signal);     /* SIGKILL   */
const char *words_status(int status);     /* "exit status 3", "killed by SIGKILL" */
const char *words_name(const char *name); /* of a program, as it may be shown: plain.h */
const char *words_ending(const struct report *report, size_t index);

#endif
