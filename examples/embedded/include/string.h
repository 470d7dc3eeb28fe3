/* string.h - the little of libc that the heaps use, for a machine without one. Who compiles them defines it: bare.c,
 * or page/wasm/page_heap.c. */
#pragma once
#include <stddef.h>

void *memset(void *to, int byte, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
int strcmp(const char *one, const char *other);
