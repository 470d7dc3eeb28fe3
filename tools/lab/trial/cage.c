/*
 * cage.c - keeps a policy on trial inside its process.
 *
 * The policy runs as the same user as its judge. So it could end the judge by a signal, write into its
 * memory, or leave a process behind after the trial. The kernel checks each system call of the child with
 * the small program here (seccomp, "secure computing", in its second mode). It answers a forbidden call
 * with SIGSYS.
 *
 *      signals         only to itself: abort and raise work
 *      processes       it can't make, execute, trace or write to one; it may make threads
 *      all others      as usual: a policy may print
 *
 * This stops accidents and the usual tricks. Code in the process can still change what the judge reads from
 * it. So a grade that matters also needs a look at the source.
 */
#define _GNU_SOURCE 1
#include "trial.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__
#define MACHINE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define MACHINE AUDIT_ARCH_AARCH64
#else
#define MACHINE 0
#endif
#define OTHER_TABLE 0x40000000 /* x32 calls have numbers from here on */

enum about { ABOUT_ITSELF, NEVER, THREADS_ONLY, MISSING };

static const struct outside {
    long number;
    enum about about; /* when the call is still allowed; MISSING: answer as if the kernel lacked it */
    const char *name;
} outside[] = {
    {SYS_kill, ABOUT_ITSELF, "kill"},
    {SYS_tkill, ABOUT_ITSELF, "tkill"},
    {SYS_tgkill, ABOUT_ITSELF, "tgkill"},
    {SYS_rt_sigqueueinfo, ABOUT_ITSELF, "sigqueue"},
    {SYS_rt_tgsigqueueinfo, ABOUT_ITSELF, "pthread_sigqueue"},
    {SYS_pidfd_open, NEVER, "pidfd_open"},
    {SYS_pidfd_send_signal, NEVER, "pidfd_send_signal"},
    {SYS_ptrace, NEVER, "ptrace"},
    {SYS_process_vm_writev, NEVER, "process_vm_writev"},
    {SYS_execve, NEVER, "exec"},
    {SYS_execveat, NEVER, "exec"},
    {SYS_clone, THREADS_ONLY, "fork"},
    {SYS_clone3, MISSING, "fork"}, /* its flags can't be read here; without it libc uses clone */
#ifdef SYS_fork
    {SYS_fork, NEVER, "fork"},
    {SYS_vfork, NEVER, "vfork"},
#endif
};
#define OUTSIDE (sizeof outside / sizeof *outside)

static struct stage *told;

static void handle_call(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    const char *name = "a system call of another machine";
    for (size_t index = 0; index < OUTSIDE; index++)
        if (outside[index].number == info->si_syscall)
            name = outside[index].name;
    if (told)
        stage_blame(told, RULE_REACHES, told->hook, NOWHERE, "it called %s, %s%s", name,
                    told->hook == HOOK_LOAD ? "while it was loaded"
                    : told->hook            ? "in "
                                            : "outside of its hooks",
                    told->hook == HOOK_LOAD ? "" : hook_name(told->hook));
    _exit(1);
}

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define IF_EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), yes, no)
#define IF_SET(bits, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(bits), yes, no)
#define ANSWER(answer) BPF_STMT(BPF_RET | BPF_K, answer)

/* Five steps for each call: is it this one? The last two give the answer. */
static size_t write_rules(struct sock_filter *filter) {
    size_t count = 0;
    for (size_t index = 0; index < OUTSIDE; index++) {
        const struct outside *call = &outside[index];
        filter[count++] = (struct sock_filter)IF_EQUAL(call->number, 0, 4);
        filter[count++] = (struct sock_filter)LOAD(args[0]);
        filter[count++] = call->about == ABOUT_ITSELF   ? (struct sock_filter)IF_EQUAL(getpid(), 0, 1)
                          : call->about == THREADS_ONLY ? (struct sock_filter)IF_SET(CLONE_THREAD, 0, 1)
                                                        : (struct sock_filter)IF_SET(0, 0, 1);
        filter[count++] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
        filter[count++] = (struct sock_filter)ANSWER(call->about == MISSING ? (SECCOMP_RET_ERRNO | ENOSYS)
                                                                            : SECCOMP_RET_TRAP);
    }
    return count;
}

void cage_enter(struct stage *stage) {
    struct sock_filter filter[6 + 5 * OUTSIDE + 1] = {
        LOAD(arch),
        IF_EQUAL(MACHINE, 1, 0),
        ANSWER(SECCOMP_RET_TRAP),
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, OTHER_TABLE, 0, 1),
        ANSWER(SECCOMP_RET_TRAP),
    };
    size_t count = 6 + write_rules(&filter[6]);
    filter[count++] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)count, filter};
    struct sigaction action = {.sa_sigaction = handle_call, .sa_flags = SA_SIGINFO};
    told = stage;
    sigaction(SIGSYS, &action, NULL);
    if (MACHINE && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
