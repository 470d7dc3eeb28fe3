/* base.h - the few words that every file uses. */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_ANONYMOUS, getauxval */
#endif

#if __STDC_HOSTED__ && !defined(__linux__)
#error "Halloc needs Linux: it counts on MADV_DONTNEED and on addresses that it may reserve."
#endif

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define NOINLINE __attribute__((noinline, cold))
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* For large tables that stay nearly untouched. They lie behind all other variables, so that the variables
 * that every process writes share a few pages. */
#define RARELY_TOUCHED __attribute__((section(".bss.rare")))

/* What the library exports is marked HALLOC_API in halloc.h. All else is static in the single-file build, and
 * hidden when compiled file by file. A variable that files share is declared with INTERNAL_DATA in its
 * header, and defined with INTERNAL_DEFINE in its file. */
#ifdef HALLOC_SINGLE_FILE
#define INTERNAL static __attribute__((unused))
#define INTERNAL_DATA static
#define INTERNAL_DEFINE static
#else
#define INTERNAL __attribute__((visibility("hidden")))
#define INTERNAL_DATA extern __attribute__((visibility("hidden")))
#define INTERNAL_DEFINE __attribute__((visibility("hidden")))
#endif

/* The end of a function that returns NULL and says why in errno. */
static inline void *fail_with(int error) {
    errno = error;
    return NULL;
}

/* Relaxed atomics for words that one thread writes and others may read: plain loads and stores on our
 * machines, but the compiler and TSan know that threads share the word. */
#define load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
/* The same where each instruction counts: compilers don't fold an atomic load into a comparison. Only for
 * one aligned word that is compared once; TSan still sees an atomic. */
#ifdef __SANITIZE_THREAD__
#define peek(p) load_relaxed(p)
#else
#define peek(p) (*(p))
#endif
#define load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
