/*
 * overflow.c - tells a stack that is used up from other crashes.
 *
 * Both are signal 11. But the address that was touched lies just below the lowest one that the stack may
 * reach:
 *
 *      ... nothing ... | <- here a stack is used up | the stack, as far as it may grow ........ |
 *                      lowest - BELOW               lowest
 *
 * The handler has a small stack of its own, or it could not run.
 */
#define _GNU_SOURCE 1
#include "trial.h"

#include <signal.h>
#include <sys/resource.h>

#define STACK_BYTES ((rlim_t)8 << 20) /* as systems have it; with no limit, no recursion would end soon */
#define OWN_STACK_BYTES (64 << 10)
#define BELOW ((uintptr_t)64 << 20) /* a frame with a large array begins far below */

static struct stage *told;
static uintptr_t lowest;

/* It comes once; then the signal ends the process as ever. */
static void handle(int signal, siginfo_t *info, void *context) {
    (void)context;
    uintptr_t touched = (uintptr_t)info->si_addr;
    told->overflows = touched >= lowest - BELOW && touched < lowest + STACK_BYTES / 4;
    raise(signal);
}

void overflow_watch(struct stage *stage) {
    static char own_stack[OWN_STACK_BYTES];
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND};
    struct rlimit limit;
    told = stage;
    getrlimit(RLIMIT_STACK, &limit);
    if (limit.rlim_cur > STACK_BYTES)
        limit.rlim_cur = STACK_BYTES;
    setrlimit(RLIMIT_STACK, &limit);
    lowest = (uintptr_t)__builtin_frame_address(0) - limit.rlim_cur;
    sigaltstack(&(stack_t){.ss_sp = own_stack, .ss_size = sizeof own_stack}, NULL);
    sigaction(SIGSEGV, &action, NULL);
}
