/*
 * traced.c - what a traced process knows about itself: its session, its number of forks, its clock.
 *
 * `halloc trace` says in one variable what to record and where:
 *
 *      HALLOC_TRACE=identity:columns:frames:session:bytes:path
 *
 * The process with that identity (tools/trace/format/identity.h) writes to path, and any other to path.PID.
 * Each file has at most `bytes` bytes. An exec keeps the identity, so the same file begins again. A child
 * has another identity. The variable is read from /proc, because the first call comes before libc has its
 * environment. Also, some shells have a getenv of their own, which allocates.
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct traced traced;
_Thread_local bool traced_starting;

static atomic_uint same_without_page = 1;
atomic_uint *traced_same = &same_without_page;

#define MISSED_TOGETHER 4096u

static void add_missed(unsigned calls) {
    atomic_fetch_add_explicit(&traced.missed, calls, memory_order_relaxed);
    if (traced.file)
        traced.file->missed_calls = atomic_load_explicit(&traced.missed, memory_order_relaxed);
}

void traced_missed(void) {
    add_missed(1);
}

void traced_tell_missed(unsigned *own) {
    add_missed(*own);
    *own = 0;
}

void traced_missed_again(unsigned *own) {
    if (++*own == MISSED_TOGETHER)
        traced_tell_missed(own);
}

uint64_t traced_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t traced_now_ns(void) {
    return traced_clock_ns() - traced.start_ns;
}

/* --- The variable --------------------------------------------------------------------------------- */

#define VARIABLE "HALLOC_TRACE="

/* Copies the variable's value. Reads the environment in pieces, because it may be long. */
static bool read_variable(char *value, size_t room) {
    int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/environ", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    char buffer[512];
    size_t matched = 0, length = 0;
    bool at_start = true, found = false, done = false;
    long got;
    while (!done && (got = syscall(SYS_read, fd, buffer, sizeof buffer)) > 0) {
        for (long at = 0; at < got && !done; at++) {
            char byte = buffer[at];
            if (found) {
                value[length++] = byte;
                done = byte == 0 || length == room;
            } else if (byte == 0) {
                at_start = true;
                matched = 0;
            } else if (at_start && byte == VARIABLE[matched]) {
                found = !VARIABLE[++matched];
            } else {
                at_start = false;
            }
        }
    }
    syscall(SYS_close, fd);
    return found && length && value[length - 1] == 0;
}

/* A number in hexadecimal digits up to a colon. */
static bool take_number(const char **text, uint64_t *number) {
    *number = 0;
    for (; **text && **text != ':'; ++*text) {
        char digit = **text;
        unsigned worth = digit >= 'a' ? (unsigned)(digit - 'a' + 10) : (unsigned)(digit - '0');
        if (worth > 15)
            return false;
        *number = *number << 4 | worth;
    }
    return *(*text)++ == ':';
}

static void read_session(void) {
    char value[sizeof traced.base_path + 120];
    uint64_t numbers[5];
    const char *text = value;
    bool good = read_variable(value, sizeof value);
    for (unsigned index = 0; good && index < 5; index++)
        good = take_number(&text, &numbers[index]);
    if (!good || !*text || strlen(text) >= sizeof traced.base_path)
        return;
    traced.main_identity = numbers[0];
    traced.columns = (uint32_t)numbers[1] & ((1u << COLUMNS) - 1);
    traced.frames = (uint32_t)numbers[2];
    traced.session = numbers[3];
    traced.most_bytes = numbers[4] ? numbers[4] : UINT64_MAX;
    memcpy(traced.base_path, text, strlen(text) + 1);
    traced.recording = true;
}

/* --- The start ------------------------------------------------------------------------------------ */

static atomic_uint start_state; /* 0: not yet, 1: a thread is doing it */

/* An older kernel clears no page for children. There the handler of fork does it. */
static void make_page(void) {
    size_t bytes = 4096;
    void *memory =
        (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    if (memory == MAP_FAILED)
        return;
    if (syscall(SYS_madvise, memory, bytes, MADV_WIPEONFORK) != 0) {
        syscall(SYS_munmap, memory, bytes);
        return;
    }
    traced_same = memory;
    atomic_store(traced_same, 1);
}

/* At once, if the C library calls this. A child that only waits would otherwise keep its parent's file
 * open. A kernel that clears the page makes the rest unnecessary. */
void traced_note_fork(void) {
    if (traced_same == &same_without_page)
        atomic_store(traced_same, 0);
}

void traced_start(void) {
    if (atomic_exchange(&start_state, 1))
        return; /* called from within, or by another thread: early memory serves the call */
    int saved = errno;
    traced_starting = true;
    next_find();
    traced.start_ns = traced_clock_ns();
    read_session();
    if (traced.recording)
        make_page();
    traced_starting = false;
    atomic_store_explicit(&traced.ready, true, memory_order_release);
    errno = saved;
}
