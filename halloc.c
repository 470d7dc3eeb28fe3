/*
 * halloc.c - the whole of Halloc in one translation unit, in the order to read it in.
 *
 *      gcc -o halloc halloc.c -lrt          a program: ./halloc tour
 *      gcc app.c halloc.c -lrt              your program, on halloc
 *
 * src/ has a folder for each layer. A file includes files of its own folder and of those above it here:
 *
 *      base/       words, arithmetic, tunables, counters
 *      platform/   what we ask of the system: memory, locks, a line on stderr, HALLOC_CONF
 *      engine/     find, split, merge; and fit/, the policies: which free block to take
 *      classic/    a heap with a header before every payload; the five functions that it all began with
 *      region/     the process heap's addresses, in blocks of 16 KiB; giving memory back
 *      slab/       blocks cut into slots; frees by other threads; what is too large for a slot
 *      sample/     a few objects that stand for all; some of them between pages that nobody can touch
 *      thread/     a thread's private front end; which thread has which; exit and fork
 *      harden/     what takes the place of the fast paths where attackers write
 *      limit/      what happens where the heap may hold no more; a thread that purges for others
 *      process/    the slow paths; the first call; every lock around a fork
 *      observe/    looking at all of it
 *      malloc.c, new.c   the standard names and the fast paths: begin here
 *
 * -DHALLOC_LIBRARY leaves main out. -DHALLOC_NO_OVERRIDE leaves malloc to libc: the prefixed names
 * stay (halloc_malloc ...). Sanitizers own malloc, so under them that is the default.
 */
#define HALLOC_SINGLE_FILE 1

#include "src/base/counters.c"
#ifdef HALLOC_FAKE_PLATFORM
#include "tests/unit/fake_platform.c" /* for tests: system calls that fail on demand */
#else
#include "src/platform/linux.c"
#endif
#include "src/platform/lock.c"
#include "src/platform/fatal.c"
#include "src/platform/conf.c"
#include "src/platform/counters_file.c"

#include "src/engine/fit.c"
#include "src/engine/fit/bump.c"
#include "src/engine/fit/first.c"
#include "src/engine/fit/next.c"
#include "src/engine/fit/best.c"
#include "src/engine/fit/worst.c"
#include "src/engine/fit/segregated.c"
#include "src/engine/fit/buddy.c"
#include "src/engine/fit/tlsf.c"

#include "src/engine/block.c"
#include "src/engine/block_check.c"

#include "src/classic/attach.c"
#include "src/classic/heap.c"
#include "src/classic/original.c"

#include "src/region/region.c"
#include "src/region/zero.c"
#include "src/region/huge.c"
#include "src/region/retract.c"
#include "src/region/purge.c"
#include "src/region/blocks.c"
#include "src/slab/size_class.c"
#include "src/slab/slot.c"

#include "src/slab/slab.c"
#include "src/slab/slab_check.c"
#include "src/slab/remote.c"
#include "src/slab/shared.c"
#include "src/slab/dense.c"
#include "src/slab/large.c"
#include "src/slab/thin.c"

#include "src/sample/call_site.c"
#include "src/sample/guard.c"
#include "src/sample/sample.c"

#include "src/thread/thread_cache.c"
#include "src/thread/foreign.c"
#include "src/thread/large_cache.c"
#include "src/thread/orphans.c"
#include "src/thread/trim.c"
#include "src/thread/refill.c"
#include "src/thread/threads.c"

#include "src/harden/seal.c"
#include "src/harden/walled.c"
#include "src/harden/harden.c"

#include "src/limit/cgroup.c"
#include "src/limit/limit.c"
#include "src/limit/purge_thread.c"

#include "src/process/classify.c"
#include "src/process/serve.c"
#include "src/process/fork.c"
#include "src/process/start.c"
#include "src/process/process.c"
#include "src/observe/stats.c"
#include "src/malloc.c"
#include "src/new.c"

#ifndef HALLOC_LIBRARY
#include "tools/tour/draw.c"
#include "tools/tour/look.c"
#include "tools/tour/beyond.c"
#include "tools/tour/steps.c"
#include "tools/tour/cmd_tour.c"

/* Weak, so that a program compiled together with this file keeps its own. */
__attribute__((weak)) int main(int argc, char **argv) {
    return tour_main(argc, argv);
}
#endif
