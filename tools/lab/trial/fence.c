/*
 * fence.c - the set as a policy on trial sees it: a copy whose lists end where accessible memory ends.
 *
 *      | ... the copy: root[0] ... root[263] | nothing may be read or written here |
 *
 * An index beyond the last list would reach data that the engine keeps after its set. The damage would show
 * far from the mistake. Here the first use of such an index is a fault, and its address tells the index.
 *
 * The stack has a fence as well, below the lowest address that it may reach. A fault there is no wild
 * pointer: calls within calls have used up the stack. The handler has a small stack of its own, or it could
 * not run.
 */
#define _GNU_SOURCE 1
#include "trial.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define FENCE_BYTES ((size_t)1 << 30) /* bytes: even a size in bytes used as an index falls into it */

#define STACK_BYTES ((rlim_t)8 << 20)     /* as systems have it; with no limit, no recursion would end soon */
#define STACK_BELOW ((uintptr_t)64 << 20) /* a frame with a large array begins far below */
#define STACK_ABOVE (STACK_BYTES / 4)     /* what lies on the stack before our own frames */
#define OWN_STACK_BYTES (64 << 10)

static halloc_free_set *fenced;
static struct stage *told; /* of a stack that is used up */
static uintptr_t stack_lowest;

_Static_assert(offsetof(halloc_free_set, root) + HALLOC_ROOTS * sizeof(MemoryBlock *) ==
                   sizeof(halloc_free_set),
               "the set ends with its lists");

/* Returns to the same fault, which then ends the process. A signal that was only sent comes again. */
static void handle_fault(int signal, siginfo_t *info, void *context) {
    uintptr_t touched = (uintptr_t)info->si_addr, beyond = touched - (uintptr_t)(fenced + 1);
    struct stage *stage = stage_watch.stage;
    (void)context;
    if (told)
        told->overflows = touched >= stack_lowest - STACK_BELOW && touched < stack_lowest + STACK_ABOVE;
    if (info->si_code <= 0)
        raise(signal);
    else if (fenced && beyond < FENCE_BYTES)
        stage_blame(stage, RULE_LIST_INDEX, stage->hook, NOWHERE,
                    "%s used list index %zu: there are lists 0 to %d", hook_name(stage->hook),
                    HALLOC_ROOTS + beyond / sizeof *fenced->root, HALLOC_ROOTS - 1);
}

static bool watch_faults(void) {
    static char own_stack[OWN_STACK_BYTES];
    struct sigaction action = {.sa_sigaction = handle_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND};
    sigaltstack(&(stack_t){.ss_sp = own_stack, .ss_size = sizeof own_stack}, NULL);
    return sigaction(SIGSEGV, &action, NULL) == 0;
}

void fence_stack(struct stage *stage) {
    struct rlimit limit;
    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = limit.rlim_cur > STACK_BYTES ? STACK_BYTES : limit.rlim_cur;
    setrlimit(RLIMIT_STACK, &limit);
    stack_lowest = (uintptr_t)__builtin_frame_address(0) - limit.rlim_cur;
    told = stage;
    watch_faults();
}

bool fence_build(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = (sizeof *fenced + page - 1) / page * page;
    char *memory =
        mmap(NULL, bytes + FENCE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, bytes, PROT_READ | PROT_WRITE) != 0)
        return false;
    fenced = (halloc_free_set *)(memory + bytes) - 1;
    return watch_faults();
}

halloc_free_set *fence_show(const halloc_free_set *set) {
    *fenced = *set;
    return fenced;
}
