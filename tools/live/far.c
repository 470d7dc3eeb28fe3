/* far.c - see far.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "far.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* /proc/PID/pagemap has 8 bytes for each page. */
#define PAGE_PRESENT ((uint64_t)1 << 63)
#define PAGE_SWAPPED ((uint64_t)1 << 62)
#define PAGES_AT_ONCE 8192

bool far_open(struct far *far, pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/pagemap", (int)pid);
    far->pid = pid;
    far->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    far->pagemap = open(path, O_RDONLY | O_CLOEXEC);
    return far->pagemap >= 0;
}

void far_close(struct far *far) {
    close(far->pagemap);
    far->pagemap = -1;
}

/* Its pagemap is that of the memory it had when it was opened: empty after exec, and after the end. */
bool far_is_there(const struct far *far) {
    uint64_t entry;
    return pread(far->pagemap, &entry, sizeof entry, 0) == (ssize_t)sizeof entry;
}

/* "17 (a name) T 1 ...": a name may hold anything, so its end is the last ")". */
char far_state(pid_t pid) {
    char path[64], text[600];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    const char *line = file ? fgets(text, sizeof text, file) : NULL, *end = line ? strrchr(line, ')') : NULL;
    if (file)
        fclose(file);
    return (char)(end && end[1] == ' ' ? end[2] : 0);
}

bool far_read(const struct far *far, uint64_t address, void *to, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
        struct iovec here = {(char *)to + done, bytes - done};
        struct iovec there = {(void *)(uintptr_t)(address + done), bytes - done};
        ssize_t got = process_vm_readv(far->pid, &here, 1, &there, 1, 0);
        if (got <= 0) {
            errno = got ? errno : EFAULT;
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

bool far_resident(const struct far *far, uint64_t from, uint64_t bytes, bool swapped, uint8_t *bits) {
    uint64_t pages = (bytes + far->page_bytes - 1) / far->page_bytes, first = from / far->page_bytes;
    uint64_t counted = PAGE_PRESENT | (swapped ? PAGE_SWAPPED : 0);
    uint64_t *entries = malloc(PAGES_AT_ONCE * sizeof *entries);
    memset(bits, 0, (pages + 7) / 8);
    for (uint64_t page = 0; entries && page < pages;) {
        uint64_t count = pages - page < PAGES_AT_ONCE ? pages - page : PAGES_AT_ONCE;
        ssize_t got = pread(far->pagemap, entries, count * 8, (off_t)((first + page) * 8));
        if (got < 8) {
            free(entries);
            errno = got < 0 ? errno : ESRCH;
            return false;
        }
        for (uint64_t index = 0; index < (uint64_t)got / 8; index++, page++)
            if (entries[index] & counted)
                bits[page / 8] |= (uint8_t)(1 << (page % 8));
    }
    bool done = entries != NULL;
    free(entries);
    return done;
}

bool far_read_sparse(const struct far *far, uint64_t address, void *to, size_t bytes) {
    uint64_t page_bytes = far->page_bytes, first = address / page_bytes * page_bytes;
    uint64_t end = address + bytes, pages = (end - first + page_bytes - 1) / page_bytes;
    uint8_t *bits = malloc(pages / 8 + 1);
    bool done = bits && far_resident(far, first, pages * page_bytes, true, bits);
    memset(to, 0, bytes);
    for (uint64_t page = 0; done && page < pages;) {
        uint64_t from = page;
        while (page < pages && (bits[page / 8] >> (page % 8) & 1))
            page++;
        uint64_t low = first + from * page_bytes, high = first + page * page_bytes;
        low = low > address ? low : address;
        high = high < end ? high : end;
        if (page > from)
            done = far_read(far, low, (char *)to + (low - address), high - low);
        else
            page++;
    }
    free(bits);
    return done;
}
