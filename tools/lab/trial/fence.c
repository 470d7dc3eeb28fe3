/*
 * fence.c - the set as a policy on trial sees it: a copy whose lists end where accessible memory ends.
 *
 *      | ... the copy: root[0] ... root[263] | nothing may be read or written here |
 *
 * An index beyond the last list would reach data that the engine keeps after its set. The damage would show
 * far from the mistake. Here the first use of such an index is a fault, and its address tells the index.
 */
#define _GNU_SOURCE 1
#include "trial.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define FENCE_BYTES ((size_t)1 << 30) /* bytes: even a size in bytes used as an index falls into it */

static halloc_free_set *fenced;
static struct sigaction before; /* overflow.c; or nobody */

_Static_assert(offsetof(halloc_free_set, root) + HALLOC_ROOTS * sizeof(MemoryBlock *) ==
                   sizeof(halloc_free_set),
               "the set ends with its lists");

/* Returns to the same fault, which then ends the process. Runs on a stack of its own, where there is one. */
static void handle_fault(int signal, siginfo_t *info, void *context) {
    size_t beyond = (size_t)((char *)info->si_addr - (char *)(fenced + 1));
    struct stage *stage = stage_watch.stage;
    if (beyond < FENCE_BYTES)
        stage_blame(stage, RULE_LIST_INDEX, stage->hook, NOWHERE,
                    "%s used list index %zu: there are lists 0 to %d", hook_name(stage->hook),
                    HALLOC_ROOTS + beyond / sizeof *fenced->root, HALLOC_ROOTS - 1);
    else if (before.sa_sigaction)
        before.sa_sigaction(signal, info, context);
}

bool fence_build(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = (sizeof *fenced + page - 1) / page * page;
    struct sigaction action = {.sa_sigaction = handle_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};
    char *memory =
        mmap(NULL, bytes + FENCE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, bytes, PROT_READ | PROT_WRITE) != 0)
        return false;
    fenced = (halloc_free_set *)(memory + bytes) - 1;
    return sigaction(SIGSEGV, &action, &before) == 0;
}

halloc_free_set *fence_show(const halloc_free_set *set) {
    *fenced = *set;
    return fenced;
}
