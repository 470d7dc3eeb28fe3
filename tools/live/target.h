/*
 * target.h - a process that runs on Halloc: is it one, and where does it have the library's variables?
 *
 *      /proc/PID/maps     libhalloc.so.2, under another name too, or the program itself if Halloc is linked
 *                         in. Both, if the library is preloaded there: the program uses its own
 *      that file          its build id is the one in the process's memory; its layout is ours (layout.h)
 *      the process        the variables, in its memory
 */
#ifndef HALLOC_LIVE_TARGET_H
#define HALLOC_LIVE_TARGET_H

#include "far.h"
#include "layout.h"

struct target {
    struct far far;
    struct layout layout;
    uint64_t bias; /* what is added to the file's addresses */
    char program[64];
    char file[4200];   /* that has Halloc in it, as /proc/PID/maps has it */
    uint64_t from, to; /* its first mapping */
    bool is_library;   /* that file is the library, whatever it is called */
    bool is_candidate; /* it has Halloc, or may have it: a reason why not is worth a line */
};

/* Returns NULL, or why not, in words that follow "process 17: ". The text stays until the next call. */
const char *target_open(struct target *target, pid_t pid);
void target_close(struct target *target);

#endif
