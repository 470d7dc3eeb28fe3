/*
 * patience.h - a policy of the user may loop for ever; then the command reports that, and ends.
 *
 * `halloc replay` measures in processes of their own, and watches those (conduct.c). map, diff and explain
 * replay in their own process. There a timer looks once a second of processor time whether the operation is
 * still the same. A policy that calls exit is reported, too.
 */
#ifndef HALLOC_REPLAY_PATIENCE_H
#define HALLOC_REPLAY_PATIENCE_H

#include <stdint.h>

/* Starts the watch. The message names `who` and `policy`; both strings must stay. A child of fork is not
 * watched. */
void patience_begin(const char *who, const char *policy);

/* The number of the present operation, from 1; 0: none. serial.c sets it. */
extern volatile uint64_t patience_operation;

#endif
