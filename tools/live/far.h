/*
 * far.h - reads the memory of another process, and which pages of it are resident.
 *
 * Only pages that are there are read. Reading any other would make the kernel map a page of zeros into the
 * process, and the next look would take that for memory.
 */
#ifndef HALLOC_LIVE_FAR_H
#define HALLOC_LIVE_FAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct far {
    pid_t pid;
    int pagemap; /* /proc/PID/pagemap */
    uint64_t page_bytes;
};

/* False, with errno: no such process, or not allowed. */
bool far_open(struct far *far, pid_t pid);
void far_close(struct far *far);

/* False: the process ended, or called exec, since far_open. */
bool far_is_there(const struct far *far);

/* The letter of a process's state, as in /proc/PID/stat: T is stopped, Z has ended. 0: no such process. */
char far_state(pid_t pid);

/* Copies `bytes` from `address`. False, with errno: they can't be read. */
bool far_read(const struct far *far, uint64_t address, void *to, size_t bytes);

/* The same for memory that may not be resident in parts: they become zero. */
bool far_read_sparse(const struct far *far, uint64_t address, void *to, size_t bytes);

/* Fills a bit for each page of a range, which starts at a page. Swapped pages count if asked. */
bool far_resident(const struct far *far, uint64_t from, uint64_t bytes, bool swapped, uint8_t *bits);

#endif
