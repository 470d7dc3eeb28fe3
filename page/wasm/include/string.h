/* string.h - the little of libc that src/ uses, for a machine without one. page_heap.c defines it. */
#pragma once
#include <stddef.h>

void *memset(void *to, int byte, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
int strcmp(const char *one, const char *other);
