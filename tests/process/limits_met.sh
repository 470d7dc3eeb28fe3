#!/bin/bash
# Limits that a program meets while it runs: of addresses, of mappings, of writable memory, of system calls. Nothing
# that it holds is lost, what can be served is, and its other calls get what is left.
. "$(dirname "$0")/lib.sh"

# --- Addresses, limited by the program itself -------------------------------------------------------------

compile addresses -D_GNU_SOURCE <<'END'
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
static void *nothing(void *argument) { free(malloc(100)); return argument; }
int main(void) {
    size_t mib = 1 << 20;
    free(memset(malloc(40 * mib), 1, 40 * mib));
    struct rlimit limit = {2048 * mib, 2048 * mib};
    if (setrlimit(RLIMIT_AS, &limit)) return 1;
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL)) return 9;
    size_t size = mib;
    unsigned char *block = memset(malloc(size), 7, size), *larger;
    while ((larger = realloc(block, size + 16 * mib))) {
        block = larger;
        for (size_t i = 0; i < size; i += 4096) if (block[i] != 7) return 2;
        memset(block + size, 7, 16 * mib);
        size += 16 * mib;
    }
    if (errno != ENOMEM || size < 600 * mib) return 3;
    if (malloc(3072 * mib)) return 4;
    for (size_t i = 0; i < size; i += 100) if (block[i] != 7) return 5;
    free(block);
    if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL)) return 6;
    if (mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) return 7;
    size_t count = 0; /* small objects get what there is */
    for (void **list = NULL, **next; (next = malloc(2000)); list = next, count++) *next = list;
    return count * 2000 < 1400 * mib ? 8 : 0;
}
END
on_halloc -- ./addresses || die "addresses limited while the program runs: status $?"

# --- Locked memory: what is mapped after mlockall(MCL_FUTURE) is locked, and what is reserved does not count ------

compile locked -D_GNU_SOURCE <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
static long locked_kib(void) {
    char line[200];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file)) sscanf(line, "VmLck: %ld", &kib);
    return fclose(file), kib;
}
int main(int count, char **arguments) {
    size_t half = 512 * 1024;
    int what = atoi(arguments[1]), is_late = count > 2;
    if (is_late) free(malloc(100));
    if (mlockall(what)) return perror("mlockall"), 1;
    long before = locked_kib();
    if (before > 100 * 1024) return 2; /* not what the heap reserves */
    char *large = malloc(half), *small[100];
    if (!large) return 3;
    memset(large, 1, half);
    for (int index = 0; index < 100; index++)
        if (!(small[index] = malloc(1000))) return 4;
    if (locked_kib() < before + 512) return 5;
    free(large);
    return malloc(100) ? 0 : 6;
}
END
cp "$library" locked.so # for somebody without rights, who can't read where we build
chmod a+rx . locked locked.so
for late in "" late; do
    on_halloc -- ./locked 2 $late || die "mlockall(MCL_FUTURE) $late: status $?"
    on_halloc -- ./locked 3 $late || die "mlockall(MCL_CURRENT | MCL_FUTURE) $late: status $?"
    [ "$(id -u)" != 0 ] || setpriv --reuid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
        bash -c "ulimit -l 8192 && LD_PRELOAD=./locked.so exec ./locked 3 $late" ||
        die "mlockall with a limit of 8 MiB $late: status $?"
done

# --- Mappings -----------------------------------------------------------------------------------------------

compile mappings -D_GNU_SOURCE <<'END'
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
int main(void) {
    size_t most = (size_t)200000 * 4096, used = 0, mib = 1 << 20;
    free(malloc(1));
    char *pages = mmap(NULL, most, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) return 1;
    while (used < most && mprotect(pages + used, 4096, PROT_READ) == 0) used += 2 * 4096;
    if (used == most) return 0; /* this kernel has no such limit */
    for (int some = 0; some < 3; some++) mprotect(pages + (used -= 2 * 4096), 4096, PROT_NONE);
    for (int round = 0; round < 3; round++) {
        unsigned char *block = NULL, *larger;
        size_t size = 0;
        for (size_t next = mib; next <= 256 * mib && (larger = realloc(block, next)); next *= 2) {
            block = larger;
            for (size_t i = 0; i < size; i += 512) if (block[i] != (unsigned char)(i >> 9)) return 2;
            for (size_t i = size; i < next; i += 512) block[i] = (unsigned char)(i >> 9);
            size = next;
        }
        if (size < 64 * mib) return 3;
        free(block);
    }
    return 0;
}
END
on_halloc -- ./mappings || die "all but a few mappings used: status $?"

# --- Writable memory ------------------------------------------------------------------------------------------

compile writable -D_GNU_SOURCE <<'END'
#include <pthread.h>
#include <stdlib.h>
static void *nothing(void *argument) { return argument; }
int main(int count, char **arguments) {
    static void *object[100000];
    size_t number = 0;
    while (number < 100000 && (object[number] = malloc(4000))) number++;
    if (number * 4000 < (size_t)atol(arguments[1]) << 20) return 1;
    if (count < 3) return 0;
    for (size_t index = 0; index < number; index++) free(object[index]);
    pthread_t thread; /* its stack needs what was freed */
    return pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL) ? 2 : 0;
}
END
(ulimit -d 12288 && on_halloc -- ./writable 10) || die "less than 10 MiB of objects under ulimit -d 12M"
(ulimit -d 40960 && on_halloc -- ./writable 36) || die "less than 36 MiB of objects under ulimit -d 40M"
(ulimit -d 307200 && on_halloc -- ./writable 280 freed) || die "ulimit -d 300M, all of it freed: status $?"

# What a thread keeps of its last large blocks stands in nobody's way: freed from the first to the last, the top is free.
compile in_order -D_GNU_SOURCE <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
static void *nothing(void *argument) { return argument; }
int main(int count, char **arguments) {
    if (count != 3) return 3;
    int resource = strcmp(arguments[1], "data") == 0 ? RLIMIT_DATA : RLIMIT_AS;
    struct rlimit limit = {200 << 20, 200 << 20};
    if (setrlimit(resource, &limit)) return 2;
    static void *blocks[10000];
    int had = 0, size = 1000 * atoi(arguments[2]);
    while ((blocks[had] = malloc(size))) memset(blocks[had++], 1, size);
    for (int at = 0; at < had; at++) free(blocks[at]);
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL);
}
END
for resource in data addresses; do
    for size in 70 100 130; do
        on_halloc -- ./in_order $resource $size || die "all of $size KB freed at a limit of $resource: no thread: $?"
    done
done

# --- System calls ---------------------------------------------------------------------------------------------

compile filter -D_GNU_SOURCE <<'END'
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
int main(void) {
    free(malloc(100));
    struct sock_filter code[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_mprotect},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 0;
    void **list = NULL;
    for (int i = 0; i < 100000; i++) {
        void **next = malloc(1000);
        if (!next) return 1;
        *next = list;
        list = next;
    }
    memset(list, 1, 1000);
    return !malloc(100 << 20);
}
END
on_halloc -- ./filter || die "a filter that refuses mprotect: status $?"
