/*
 * fatal.h - lines on stderr.
 *
 * libc's vsnprintf formats them on the stack. It allocates nothing for the plain words and numbers here.
 */
#pragma once

#include "../base/base.h"

#define LINE_MOST_BYTES 400 /* with the newline; what does not fit is cut off */

/* printf's format, and a newline. One system call writes it, so that lines of threads don't mix. */
INTERNAL void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "halloc: free(0x7f...): freed already", then abort. Returns only under misuse:warn; then the caller must
 * leave everything as it is. A classic heap alone needs no more of this file: who embeds one defines it. */
INTERNAL void fatal(const char *call, const char *fault, const void *pointer);

/* The same of an object, and the bytes of its slot; 0: it has none. */
INTERNAL void fatal_of(const char *call, const char *fault, const void *pointer, size_t bytes);

/* The faults, in one place, for they are part of the manual (halloc.3) and of the tests. */
#define FAULT_FOREIGN "not a pointer of this heap"
#define FAULT_NO_BLOCK "no block starts here"
#define FAULT_FREED "freed already"
#define FAULT_WRITTEN "written to after it was freed"
/* Under harden:on. */
#define FAULT_OVERFLOW "written to past its end"
#define FAULT_BEFORE "written to right before its start"
#define FAULT_SIZE "of another size than the call says"
#define FAULT_ALIGNMENT "of another alignment than the call says"

/* HALLOC_CONF=misuse:warn, for programs that give us other allocators' pointers: 0 or 1. */
INTERNAL_DATA unsigned misuse_warns;
