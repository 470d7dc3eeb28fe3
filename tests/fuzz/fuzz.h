/*
 * fuzz.h - what the fuzzing targets share. libFuzzer calls LLVMFuzzerTestOneInput with bytes that it makes up, and
 * looks which of them reach code that none reached before. A target ends by `must` when something is not as it
 * should be; the sanitizers end it for the rest. tests/fuzz/run builds and runs them (`make fuzz`).
 */
#ifndef HALLOC_FUZZ_H
#define HALLOC_FUZZ_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define must(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                          \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#endif
