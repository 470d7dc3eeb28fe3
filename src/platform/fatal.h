/* fatal.h - lines on stderr, built without allocating. */
#pragma once

#include "../base/base.h"

/* A line under construction; what does not fit is cut off. */
struct text {
    char bytes[400];
    size_t length;
};

/* Adds each of the words. */
#define text_add(text, ...) text_add_words((text), (const char *const[]){__VA_ARGS__, NULL})
INTERNAL void text_add_words(struct text *text, const char *const *words);
INTERNAL void text_add_digits(struct text *text, uint64_t number, unsigned base);

/* Adds spaces up to this column. */
INTERNAL void text_pad(struct text *text, size_t column);

/* Ends the line and writes it with one system call, so that lines of threads don't mix. */
INTERNAL void text_print(struct text *text);

/* "halloc: free(0x7f...): freed already", then abort. Returns only under misuse:warn; then the caller must
 * leave everything as it is. */
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

/* "halloc: what: why", no abort. */
INTERNAL void warn(const char *what, const char *why);

/* HALLOC_CONF=misuse:warn, for programs that give us other allocators' pointers: 0 or 1. */
INTERNAL_DATA unsigned misuse_warns;
