/*
 * halloc.c - the whole of Halloc in one translation unit, in the order to read it in.
 *
 *      gcc -o halloc halloc.c -lrt          a program: ./halloc tour
 *      gcc app.c halloc.c -lrt              your program, on halloc
 *
 * Each file below is one idea, and includes only what stands above it:
 *
 *      layer 0   base, bits, config       words, arithmetic, tunables
 *      layer 1   counters, platform,      what is counted; what we ask of the OS; waiting;
 *                lock, fatal, export      misuse; names
 *      layer 2   fit, fit/..., dirty      policies: which free block to take
 *      layer 3   block, conf              the engine: find, split, merge, check; HALLOC_CONF
 *      layer 4   heap, original, record   the classic heap: a header before every payload; the
 *                                         five functions that it all began with; counters shared
 *      layer 5   region, purge, huge,     the process heap's addresses, in blocks of 16 KiB
 *                size_class
 *      layer 6   slab, remote, shared,    blocks cut into slots; frees by other threads; slabs
 *                dense, large, thin       without a thread; is the heap full; what is too large for
 *                                         a slot; giving a slab's free pages back
 *      layer 7   thread_cache, pending,   a thread's private front end
 *                stash, lost
 *      layer 8   threads                  which thread has which; exit and fork
 *      layer 9   process, start           the slow paths; the first call and the last
 *      layer 10  fork, stats              every lock around a fork; looking at all of it
 *      layer 11  malloc, new              the standard names and the fast paths: begin here
 *
 * -DHALLOC_LIBRARY leaves main out. -DHALLOC_NO_OVERRIDE leaves malloc to libc: the prefixed names
 * stay (halloc_malloc ...). Sanitizers own malloc, so under them that is the default.
 */
#define HALLOC_SINGLE_FILE 1

#include "src/counters.c"
#ifdef HALLOC_FAKE_PLATFORM
#include "src/platform/fake.c" /* for tests: system calls that fail on demand */
#else
#include "src/platform/linux.c"
#endif
#include "src/lock.c"
#include "src/fatal.c"

#include "src/fit.c"
#include "src/fit/bump.c"
#include "src/fit/first.c"
#include "src/fit/next.c"
#include "src/fit/best.c"
#include "src/fit/worst.c"
#include "src/fit/segregated.c"
#include "src/fit/buddy.c"
#include "src/fit/tlsf.c"

#include "src/block.c"
#include "src/block_check.c"
#include "src/conf.c"
#include "src/record.c"

#include "src/heap.c"
#include "src/original.c"

#include "src/region.c"
#include "src/purge.c"
#include "src/huge.c"
#include "src/size_class.c"

#include "src/slab.c"
#include "src/remote.c"
#include "src/shared.c"
#include "src/dense.c"
#include "src/large.c"
#include "src/thin.c"

#include "src/thread_cache.c"
#include "src/pending.c"
#include "src/stash.c"
#include "src/lost.c"
#include "src/threads.c"

#include "src/process.c"
#include "src/start.c"
#include "src/fork.c"
#include "src/stats.c"
#include "src/malloc.c"
#include "src/new.c"

#ifndef HALLOC_LIBRARY
#include "tools/tour_draw.c"
#include "tools/tour_beyond.c"
#include "tools/tour_steps.c"
#include "tools/tour.c"

/* Weak, so that a program compiled together with this file keeps its own. */
__attribute__((weak)) int main(int argc, char **argv) {
    return tour_main(argc, argv);
}
#endif
