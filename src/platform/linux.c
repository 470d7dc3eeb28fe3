/*
 * linux.c - the platform by raw system calls.
 *
 * A program can interpose libc's mmap and open, and its own may call malloc. libc's syscall() writes errno,
 * which free must keep. So the call is made here, in a few lines for each machine. It returns a result, or
 * minus an errno. Only memory that the program had goes back through libc: see "Giving back".
 */
#include "platform.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "../base/bits.h"
#include "../base/counters.h"

/* Numbers of the kernel's interface that old libc headers lack, and all of musl's. */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

static long raw_system_call(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
#error "Halloc runs on x86-64 and aarch64; another machine needs its system call here."
#endif
}

/* The one door to the kernel; tests/unit/fake_platform.c puts a guard in it. */
#ifndef system_call
#define system_call raw_system_call
#endif

static long memory_call(long number, long a, long b, long c, long d, long e, long f) {
    count_always(&counters->system_calls, 1);
    return system_call(number, a, b, c, d, e, f);
}

static bool failed(long result) {
    return result < 0 && result > -4096;
}

INTERNAL size_t platform_page_bytes(void) {
    return getauxval(AT_PAGESZ);
}

INTERNAL void *platform_map(size_t bytes, bool usable) {
    long access = usable ? PROT_READ | PROT_WRITE : PROT_NONE;
    long got = memory_call(SYS_mmap, 0, (long)bytes, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return failed(got) ? NULL : (void *)got;
}

INTERNAL bool platform_commit(void *start, size_t bytes) {
    return memory_call(SYS_mprotect, (long)start, (long)bytes, PROT_READ | PROT_WRITE, 0, 0, 0) == 0;
}

INTERNAL bool platform_extend(void *start, size_t bytes) {
    long got = memory_call(SYS_mmap, (long)start, (long)bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return got == (long)start;
}

INTERNAL bool platform_uncommit(void *start, size_t bytes) {
    return !failed(memory_call(SYS_mmap, (long)start, (long)bytes, PROT_NONE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
}

INTERNAL bool platform_hide(void *start, size_t bytes) {
    return memory_call(SYS_mprotect, (long)start, (long)bytes, PROT_NONE, 0, 0, 0) == 0;
}

INTERNAL size_t platform_address_limit(void) {
    uint64_t limit[2] = {0, 0}; /* struct rlimit64 */
    bool known = raw_system_call(SYS_prlimit64, 0, RLIMIT_AS, 0, (long)limit, 0, 0) == 0;
    return known ? limit[0] : SIZE_MAX;
}

INTERNAL bool platform_release(void *start, size_t bytes) {
    return memory_call(SYS_munmap, (long)start, (long)bytes, 0, 0, 0, 0) == 0;
}

/* --- Giving back ------------------------------------------------------------------------------ */

/* Some emulators and tools say yes and do nothing. So until it has worked once, the first page must read as
 * zero afterwards. */
INTERNAL bool platform_purge(void *start, size_t bytes) {
    static bool has_worked;
    int saved = errno;
    volatile char *first = start;
    bool trusted = load_relaxed(&has_worked);
    char before = trusted ? 0 : load_relaxed(first);
    if (!trusted)
        store_relaxed(first, 1);
    count_always(&counters->system_calls, 1);
    bool done = madvise(start, bytes, MADV_DONTNEED) == 0 && (trusted || !load_relaxed(first));
    if (done)
        store_relaxed(&has_worked, true);
    else if (!trusted)
        store_relaxed(first, before); /* it may lie in a clean unit */
    errno = saved;
    return done;
}

INTERNAL bool platform_unmap(void *start, size_t bytes) {
    int saved = errno;
    count_always(&counters->system_calls, 1);
    bool done = munmap(start, bytes) == 0;
    errno = saved;
    return done;
}

INTERNAL bool platform_huge_pages(void *start, size_t bytes, bool wanted) {
    int advice = wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE;
    return memory_call(SYS_madvise, (long)start, (long)bytes, advice, 0, 0, 0) == 0;
}

INTERNAL size_t platform_resident(void *start, size_t bytes) {
    unsigned char present[1024]; /* by page: 4 MiB a call, or more */
    size_t page = platform_page_bytes(), resident = 0;
    for (size_t left = bytes / page, some; left; left -= some, start = (char *)start + some * page) {
        some = min_size(left, sizeof present);
        if (memory_call(SYS_mincore, (long)start, (long)(some * page), (long)present, 0, 0, 0) != 0)
            return 0;
        for (size_t index = 0; index < some; index++)
            resident += present[index] & 1;
    }
    return resident * page;
}

/* The kernel leaves 16 random bytes for each program it starts; no system call needed. */
INTERNAL uint64_t platform_secret(void) {
    uint64_t secret;
    memcpy(&secret, (const char *)getauxval(AT_RANDOM) + 8, sizeof secret);
    return secret;
}

INTERNAL uint64_t platform_random(void) {
    uint64_t random = platform_secret();
    system_call(SYS_getrandom, (long)&random, sizeof random, GRND_NONBLOCK, 0, 0, 0);
    return random;
}

INTERNAL const char *platform_program(void) {
    const char *path = (const char *)getauxval(AT_EXECFN);
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "";
}

/* Past libc: we may hold locks here, and a library that interposes the clock may allocate. */
INTERNAL uint64_t platform_milliseconds(void) {
    struct timespec now = {0};
    raw_system_call(SYS_clock_gettime, CLOCK_MONOTONIC_COARSE, (long)&now, 0, 0, 0, 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

INTERNAL void platform_write(int fd, const char *text, size_t length) {
    while (raw_system_call(SYS_write, fd, (long)text, (long)length, 0, 0, 0) == -EINTR)
        ;
}

INTERNAL void platform_wait(uint32_t *word, uint32_t expected) {
    raw_system_call(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, expected, 0, 0, 0);
}

INTERNAL void platform_wake(uint32_t *word, int most) {
    raw_system_call(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, most, 0, 0, 0);
}

/* The kernel's set of signals is 64 bits, the first for signal 1. libc's functions leave out the signals
 * that libc itself uses. */
#define SIGNAL_BIT(signal) ((uint64_t)1 << ((signal)-1))

INTERNAL void platform_mask_signals(const uint64_t *mask, uint64_t *before) {
    uint64_t held = ~(SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |
                      SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS));
    raw_system_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)(mask ? mask : &held), (long)before, 8, 0, 0);
}

/* --- The environment, before libc has it ------------------------------------------------------ */

extern char **environ;

/* The dynamic linker may call malloc before libc has set environ. It knows where the kernel put the
 * program's arguments: their count, the arguments, NULL, the environment. musl sets environ first. */
#pragma weak __libc_stack_end
extern long *__libc_stack_end;

static char **find_environment(void) {
    if (environ || !&__libc_stack_end)
        return environ;
    return (char **)(__libc_stack_end + 1 + __libc_stack_end[0] + 1);
}

INTERNAL const char *platform_environment(const char *name) {
    size_t length = strlen(name);
    char **all = getauxval(AT_SECURE) ? NULL : find_environment();
    for (char **entry = all; entry && *entry; entry++)
        if (**entry == *name && strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

INTERNAL void *platform_share_file(const char *path, size_t bytes, bool *too_short) {
    long fd = system_call(SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0, 0, 0);
    *too_short = false;
    if (failed(fd))
        return NULL;
    *too_short = system_call(SYS_lseek, fd, 0, SEEK_END, 0, 0, 0) < (long)bytes;
    long got =
        *too_short ? -1 : system_call(SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    system_call(SYS_close, fd, 0, 0, 0, 0, 0);
    return failed(got) ? NULL : (void *)got;
}
