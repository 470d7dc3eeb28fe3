/*
 * cage.c - keeps a policy on trial inside its process.
 *
 * The policy runs as the same user as its judge. So it could end the judge by a signal, write into its
 * memory, or leave a process behind after the trial. The kernel checks each system call of the child with
 * the small program here (seccomp, "secure computing", in its second mode). It answers a forbidden call
 * with SIGSYS.
 *
 *      signals         only to itself: abort and raise work; no file may send one to others
 *      processes       it can't make, execute, trace or limit one; it may make threads
 *      files           it may read them, and write to those that it has: it may print
 *      network         none
 *      all others      as usual
 *
 * This stops accidents and the usual tricks. Code in the process can still change what it reports. So a trial
 * that passed is repeated without that code (evidence.c). It can read what its user may read.
 */
#define _GNU_SOURCE 1
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
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
#ifndef SYS_openat2 /* a libc that is older than the call; it has one number on all machines */
#define SYS_openat2 437
#endif
#define OTHER_TABLE 0x40000000 /* x32 calls have numbers from here on */

enum about {
    ABOUT_ITSELF,
    ABOUT_ITSELF_OR_0,
    NEVER,
    THREADS_ONLY,
    TO_READ,  /* its flags are argument 1 */
    TO_READ2, /* its flags are argument 2 */
    NO_OWNER, /* argument 1 says what is asked of a file: not to send signals */
    NO_KEYS,  /* argument 1: not to type for the user */
    MISSING   /* answered as if the kernel lacked it */
};

static const struct outside {
    long number;
    enum about about; /* when the call is still allowed */
    const char *name;
} outside[] = {
    {SYS_kill, ABOUT_ITSELF, "kill"},
    {SYS_tkill, ABOUT_ITSELF, "tkill"},
    {SYS_tgkill, ABOUT_ITSELF, "tgkill"},
    {SYS_rt_sigqueueinfo, ABOUT_ITSELF, "sigqueue"},
    {SYS_rt_tgsigqueueinfo, ABOUT_ITSELF, "pthread_sigqueue"},
    {SYS_prlimit64, ABOUT_ITSELF_OR_0, "prlimit"},
    {SYS_fcntl, NO_OWNER, "fcntl(F_SETOWN)"},
    {SYS_ioctl, NO_KEYS, "ioctl(TIOCSTI)"},
    {SYS_openat, TO_READ2, "open, to write"},
    {SYS_openat2, MISSING, "open"},
    {SYS_io_uring_setup, MISSING, "io_uring"},
    {SYS_unlinkat, NEVER, "unlink"},
    {SYS_renameat2, NEVER, "rename"},
    {SYS_linkat, NEVER, "link"},
    {SYS_symlinkat, NEVER, "symlink"},
    {SYS_mkdirat, NEVER, "mkdir"},
    {SYS_fchmodat, NEVER, "chmod"},
    {SYS_truncate, NEVER, "truncate"},
    {SYS_socket, NEVER, "socket"},
    {SYS_pidfd_open, NEVER, "pidfd_open"},
    {SYS_pidfd_send_signal, NEVER, "pidfd_send_signal"},
    {SYS_ptrace, NEVER, "ptrace"},
    {SYS_process_vm_writev, NEVER, "process_vm_writev"},
    {SYS_execve, NEVER, "exec"},
    {SYS_execveat, NEVER, "exec"},
    {SYS_clone, THREADS_ONLY, "fork"},
    {SYS_clone3, MISSING, "fork"}, /* its flags can't be read here; without it libc uses clone */
#ifdef SYS_fork                    /* the older calls of this machine */
    {SYS_open, TO_READ, "open, to write"},
    {SYS_creat, NEVER, "creat"},
    {SYS_unlink, NEVER, "unlink"},
    {SYS_rmdir, NEVER, "rmdir"},
    {SYS_rename, NEVER, "rename"},
    {SYS_renameat, NEVER, "rename"},
    {SYS_link, NEVER, "link"},
    {SYS_symlink, NEVER, "symlink"},
    {SYS_mkdir, NEVER, "mkdir"},
    {SYS_chmod, NEVER, "chmod"},
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

#define WRITES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)
#define TESTS 4 /* steps that look at an argument */

/* Looks at an argument: to the fifth step if the call is allowed, to the sixth if not. */
static void write_test(struct sock_filter test[TESTS], enum about about) {
    const struct sock_filter allow = IF_SET(0, 0, 0), never[TESTS] = {IF_SET(0, 3, 4), allow, allow, allow};
    struct sock_filter itself = IF_EQUAL(getpid(), 2, 3);
    memcpy(test, never, sizeof never);
    switch (about) {
    case ABOUT_ITSELF:
    case THREADS_ONLY:
        test[0] = (struct sock_filter)LOAD(args[0]);
        test[1] = about == ABOUT_ITSELF ? itself : (struct sock_filter)IF_SET(CLONE_THREAD, 2, 3);
        break;
    case ABOUT_ITSELF_OR_0:
        test[0] = (struct sock_filter)LOAD(args[0]);
        test[1] = (struct sock_filter)IF_EQUAL(0, 2, 0);
        test[2] = (struct sock_filter)IF_EQUAL(getpid(), 1, 2);
        break;
    case TO_READ:
    case TO_READ2:
        test[0] = about == TO_READ ? (struct sock_filter)LOAD(args[1]) : (struct sock_filter)LOAD(args[2]);
        test[1] = (struct sock_filter)IF_SET(WRITES, 3, 2);
        break;
    case NO_OWNER:
        test[0] = (struct sock_filter)LOAD(args[1]);
        test[1] = (struct sock_filter)IF_EQUAL(F_SETOWN, 3, 0);
        test[2] = (struct sock_filter)IF_EQUAL(F_SETOWN_EX, 2, 1);
        break;
    case NO_KEYS:
        test[0] = (struct sock_filter)LOAD(args[1]);
        test[1] = (struct sock_filter)IF_EQUAL(TIOCSTI, 3, 2);
        break;
    default: break;
    }
}

/* For each call: is it this one? Then its argument is looked at, and the last two steps give the answer. */
static size_t write_rules(struct sock_filter *filter) {
    size_t count = 0;
    for (size_t index = 0; index < OUTSIDE; index++) {
        const struct outside *call = &outside[index];
        filter[count++] = (struct sock_filter)IF_EQUAL(call->number, 0, TESTS + 2);
        write_test(&filter[count], call->about);
        count += TESTS;
        filter[count++] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
        filter[count++] = (struct sock_filter)ANSWER(call->about == MISSING ? (SECCOMP_RET_ERRNO | ENOSYS)
                                                                            : SECCOMP_RET_TRAP);
    }
    return count;
}

void cage_enter(struct stage *stage) {
    struct sock_filter filter[6 + (TESTS + 3) * OUTSIDE + 1] = {
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
