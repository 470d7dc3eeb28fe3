/*
 * oracle.h - the smallest possible heap: exactly the live bytes.
 *
 * An allocator that could move blocks at no cost would keep them side by side, without headers, rounding or
 * holes. Heaps do not shrink here, so its heap is the largest number of live bytes so far. So its peak
 * overhead is 1: the other candidates are compared with that. Its average overhead is above 1 if a program
 * frees more than it allocates. That part is due to the program, and not to a policy.
 *
 * The oracle places nothing, so it is no policy of src/engine/fit, and has no probes and no time. It is on
 * the board as a measure, beside the fronts. (P. Wilson et al., "Dynamic Storage Allocation: A Survey and
 * Critical Review", 1995, 2.1: fragmentation is the part of a heap beyond the live bytes.)
 */
#ifndef HALLOC_REPLAY_ORACLE_H
#define HALLOC_REPLAY_ORACLE_H

#include "score.h"

/* False: out of memory. */
bool oracle_score(const struct trace *trace, struct score *score);

#endif
