/*
 * patience.h - a policy of one's own may loop for ever; then a command says so, and ends.
 *
 * `halloc replay` measures in processes of their own, and watches those (conduct.c). map, diff and explain
 * replay in their own process. There a timer looks every second of the processor's time whether an operation
 * is still the one that it was.
 */
#ifndef HALLOC_REPLAY_PATIENCE_H
#define HALLOC_REPLAY_PATIENCE_H

#include <stdint.h>

/* From now on; `who` says it of `policy`. Both must stay. A child of fork is not watched. */
void patience_begin(const char *who, const char *policy);

/* The operation that is being made, by its number, from 1; 0: none. serial.c sets it. */
extern volatile uint64_t patience_operation;

#endif
