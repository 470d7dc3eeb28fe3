/*
 * oracle.h - the heap that nobody undercuts: what is live, and not a byte more.
 *
 * An allocator that could move blocks for free would keep them side by side, without headers, rounding or
 * holes. Its heap is as large as the most that was live so far, for heaps do not shrink here. So its peak
 * overhead is 1: the line that others are held against. Its average overhead is above 1 where a program
 * frees more than it asks for: what lies above 1 there is the program's doing, no policy's.
 *
 * It places nothing, so it is no policy of src/engine/fit, and has no probes and no time. It stands on the
 * board as a measure, beside the fronts. (P. Wilson et al., "Dynamic Storage Allocation: A Survey and
 * Critical Review", 1995, 2.1: fragmentation is what a heap takes beyond what is live.)
 */
#ifndef HALLOC_REPLAY_ORACLE_H
#define HALLOC_REPLAY_ORACLE_H

#include "score.h"

/* False: out of memory. */
bool oracle_score(const struct trace *trace, struct score *score);

#endif
