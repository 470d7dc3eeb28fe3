/*
 * refuse.c - runs a command for which a system call fails, always or from a place in a file on:
 *
 *      refuse fallocate ENOSPC 300000 COMMAND...       the disk is full after 300,000 bytes of a file
 *      refuse fallocate EOPNOTSUPP 0 COMMAND...        a file system without fallocate
 *      refuse rename ENOSPC 0 COMMAND...
 *      refuse madvise EOPNOTSUPP 18 COMMAND...         a kernel that can't clear a page for a forked child
 *
 * By a seccomp filter, since the recorder calls the kernel by itself and no preload sees it. Status 125: there
 * can be no filter here.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct call {
    const char *name;
    unsigned number, place; /* which argument is the place in the file */
} calls[] = {
    {"fallocate", SYS_fallocate, 2},
    {"pwrite", SYS_pwrite64, 3},
    {"madvise", SYS_madvise, 2}, /* from an advice on: newer ones have higher numbers */
#ifdef SYS_rename
    {"rename", SYS_rename, 0},
#else
    {"rename", SYS_renameat, 0},
#endif
};

static unsigned errno_of(const char *name) {
    return strcmp(name, "ENOSPC") == 0 ? ENOSPC : EOPNOTSUPP;
}

int main(int argc, char **argv) {
    const struct call *call = calls;
    if (argc < 5)
        return 124;
    while (strcmp(call->name, argv[1]) != 0)
        if (++call == calls + sizeof calls / sizeof *calls)
            return 124;
    unsigned place = (unsigned)offsetof(struct seccomp_data, args) + 8 * call->place;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, place), /* its low half: the files are small */
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)atoi(argv[3]), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | errno_of(argv[2])),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return 125;
    execvp(argv[4], argv + 4);
    return 127;
}
