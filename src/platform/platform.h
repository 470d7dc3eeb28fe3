/*
 * platform.h - what Halloc asks of the operating system, and no more.
 *
 *      map          commit        purge          release
 *      addresses -> usable, zero  usable, zero   gone
 *      (no access)  when touched  when touched
 *
 * linux.c implements it, mostly by raw system calls: a program may interpose mmap or open, and call malloc
 * there. Tests use another one (tests/unit/fake_platform.c), with failures on demand and any page size. No
 * function here touches errno. A failure is false or NULL; the caller turns it into ENOMEM at the top.
 */
#pragma once

#include "../base/base.h"

/* --- Memory: whole pages ---------------------------------------------------------------------- */

/* The OS page, found at run time: 4, 16 or 64 KiB. */
INTERNAL size_t platform_page_bytes(void);

/* Addresses that begin with a page, without access; or usable at once. NULL if refused. */
INTERNAL void *platform_map(size_t bytes, bool usable);

/* Makes a part of a reservation readable and writable: zero until written. */
INTERNAL bool platform_commit(void *start, size_t bytes);

/* The same where nothing is reserved; false if anything is mapped there. */
INTERNAL bool platform_extend(void *start, size_t bytes);

/* Makes it inaccessible again, and gives its memory back. */
INTERNAL bool platform_uncommit(void *start, size_t bytes);

/* Makes it inaccessible, but keeps its memory. */
INTERNAL bool platform_hide(void *start, size_t bytes);

/* Gives memory back; it stays usable and reads as zero. False when the kernel did not (locked pages): then
 * a part of it may be gone, and the rest is as it was. */
INTERNAL bool platform_purge(void *start, size_t bytes);

/* Ends a part of a reservation that the program never had. */
INTERNAL bool platform_release(void *start, size_t bytes);

/* Ends what the program had. This and platform_purge go through libc, for tools that must know which memory
 * went: caches of memory registered with a network card, say. They may call malloc. */
INTERNAL bool platform_unmap(void *start, size_t bytes);

/* Huge pages for this range: asked for, or refused. A hint. */
INTERNAL bool platform_huge_pages(void *start, size_t bytes, bool wanted);

/* Resident bytes, for a figure only: swapped pages count as absent. 0 where the kernel does not say. */
INTERNAL size_t platform_resident(void *start, size_t bytes);

/* How many bytes of addresses the process may have (RLIMIT_AS); SIZE_MAX: any number. */
INTERNAL size_t platform_address_limit(void);

/* Maps `bytes` of a file to share counters with another process; NULL on any failure. One is told: the file
 * is shorter. */
INTERNAL void *platform_share_file(const char *path, size_t bytes, bool *too_short);

/* --- The process ------------------------------------------------------------------------------ */

/* A number that an attacker outside the process can't know; not for keys. */
INTERNAL uint64_t platform_secret(void);

/* A random number, for keys. */
INTERNAL uint64_t platform_random(void);

/* The value of an environment variable, also before libc has set `environ`; NULL if unset, and in a set-uid
 * program, where it is not to be trusted. */
INTERNAL const char *platform_environment(const char *name);

/* The program's name without its directory; "" if not known. */
INTERNAL const char *platform_program(void);

/* Milliseconds that go forward; coarse and cheap. */
INTERNAL uint64_t platform_milliseconds(void);

/* Writes to a file descriptor, with one system call. A pipe takes 4 KiB as a whole. */
INTERNAL void platform_write(int fd, const char *text, size_t length);

/* Sleeps while *word == expected; wakes at most `most` threads that sleep so. */
INTERNAL void platform_wait(uint32_t *word, uint32_t expected);
INTERNAL void platform_wake(uint32_t *word, int most);

/* Holds back this thread's signals in `mask`; NULL: all but those that its own instructions raise. `before`,
 * if not NULL, receives the mask until now. */
INTERNAL void platform_mask_signals(const uint64_t *mask, uint64_t *before);
