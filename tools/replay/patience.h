/*
 * patience.h - a policy of the user may loop for ever; then the command reports that, and ends.
 *
 * `halloc replay` measures in processes of their own, and watches those (conduct.c). map, diff and explain
 * replay in a child. There a timer looks once a second of processor time whether the operation is still the
 * same. The parent only waits: it reports a policy that ends the child, by exit or _exit or a signal.
 */
#ifndef HALLOC_REPLAY_PATIENCE_H
#define HALLOC_REPLAY_PATIENCE_H

#include <stdint.h>

/* Starts the watch, and returns in a child. The message names `who` and `policy`; both strings must stay. A
 * child that forks later is not watched. */
void patience_begin(const char *who, const char *policy);

/* The number of the present operation, from 1; 0: none. serial.c sets it. */
extern volatile uint64_t *patience_operation;

#endif
