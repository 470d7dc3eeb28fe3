/*
 * limit.h - memory that the heap may hold, and what happens when a request would need more.
 *
 *      region_may_hold    | in use .......... | free, resident .. |<- room ->|  conf.limit_bytes
 *      refuses                what the heap holds
 *
 *      limit_help         1. what is free goes back to the system; try again
 *                         2. the program's hook frees what it can spare; 1. again; try again
 *                         3. NULL and ENOMEM
 *
 * The heap holds what is in use, and what is free and resident. Both are counted where the region gives and
 * takes blocks, in whole units; but slabs count as they are carved. So only these two places check. They
 * refuse, and no more, for their callers may be in the middle of something. Help comes when the request has
 * failed, with no lock taken. Without a limit the region may be full: then 1. gives what the thread's cache
 * keeps, and no pages.
 *
 * limit:SIZE is a number. Under limit:cgroup the number is a mark on the way to the container's limit, where
 * Halloc looks again at what others use (cgroup.c).
 */
#pragma once

#include "../region/purge.h"
#include "../thread/threads.h"

/* Gives up what the thread's cache and the heap hold and nobody uses, but for `pad` bytes. Returns bytes. */
INTERNAL size_t limit_trim(size_t pad);

/* A request for `bytes` has failed; this is help number `step`, from 0 on. True: try again. */
INTERNAL bool limit_help(size_t bytes, unsigned step);

/* In the child of a fork, while the locks are held: threads that purge, or are inside of the hook, are not
 * there. */
INTERNAL void limit_after_fork(void);

/* How much more the process's cgroup and those above it let it use; SIZE_MAX: they have no limit. */
INTERNAL size_t cgroup_room(void);

/* True if tasks of the process's cgroup (version 2) waited for memory in a 20th of the last ten seconds. */
INTERNAL bool cgroup_is_pressed(void);

/* The beginning of a file as text that ends in 0: at most bytes - 1 of it. "" if it can't be read. */
INTERNAL void text_of_file(const char *path, char *text, size_t bytes);

/* True while the thread of purge_thread.c is there: not in the child of a fork. */
INTERNAL_DATA bool purge_thread_is_there;
