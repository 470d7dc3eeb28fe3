/*
 * process.c - what a traced process knows of itself: its start, its forks, its end.
 *
 * `halloc trace` says in one variable what to record and where:
 *
 *      HALLOC_TRACE=identity:columns:frames:session:bytes:path
 *
 * The process with that identity (tools/trace/format/identity.h) writes to path, any other to path.PID, each
 * `bytes` at most. An exec keeps the identity, so it begins the same file anew; a child has its own. The
 * variable is read from /proc, for the first call comes before libc has its environment, and some shells have
 * a getenv of their own, which allocates.
 *
 * Fork takes no lock. Handlers that take locks before fork would have to come before every other library's,
 * and would have to let in whoever those libraries wait for. Instead, the child forgets all that it has from
 * its parent, whatever state it is in; and it begins with its first call. It knows that it is a child by a
 * page that the kernel clears for it. So it may come from fork, from clone, from a signal handler, or from
 * within some library's own handler of fork. Nothing of the parent's is written to: its blocks are unmapped.
 */
#include "capture.h"
#include "lock.h"
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct process process;

static atomic_uint same_without_page = 1;
atomic_uint *process_same = &same_without_page;

void process_missed(void) {
    atomic_fetch_add_explicit(&process.missed, 1, memory_order_relaxed);
    if (process.file)
        process.file->missed_calls = atomic_load_explicit(&process.missed, memory_order_relaxed);
}

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t process_now_ns(void) {
    return clock_ns() - process.start_ns;
}

/* --- The variable --------------------------------------------------------------------------------- */

#define VARIABLE "HALLOC_TRACE="

/* Copies the variable's value. The environment streams by: it may be long. */
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
    char value[sizeof process.base_path + 120];
    uint64_t numbers[5];
    const char *text = value;
    bool good = read_variable(value, sizeof value);
    for (unsigned index = 0; good && index < 5; index++)
        good = take_number(&text, &numbers[index]);
    if (!good || !*text || strlen(text) >= sizeof process.base_path)
        return;
    process.main_identity = numbers[0];
    process.columns = (uint32_t)numbers[1] & ((1u << COLUMNS) - 1);
    process.frames = (uint32_t)numbers[2];
    process.session = numbers[3];
    process.most_bytes = numbers[4] ? numbers[4] : UINT64_MAX;
    memcpy(process.base_path, text, strlen(text) + 1);
    process.recording = true;
}

/* --- The start ------------------------------------------------------------------------------------ */

static atomic_uint start_state; /* 0: not yet, 1: somebody is at it */

/* An older kernel clears no page for children: then they learn it from the handler of fork. */
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
    process_same = memory;
    atomic_store(process_same, 1);
}

void process_start(void) {
    if (atomic_exchange(&start_state, 1))
        return; /* from within, or another thread: early memory serves it */
    int saved = errno;
    recorder_starting = true;
    next_find();
    process.start_ns = clock_ns();
    read_session();
    if (process.recording)
        make_page();
    recorder_starting = false;
    atomic_store_explicit(&process.ready, true, memory_order_release);
    errno = saved;
}

/* --- Fork ----------------------------------------------------------------------------------------- */

/* Makes its file when it first allocates: most children only exec. */
void process_become_child(void) {
    uint64_t signals = signals_block(); /* it has one thread, and no handler in between */
    if (!atomic_load(process_same)) {
        process.epoch++;
        process.first_thread = atomic_load(&process.threads);
        process.start_ns = clock_ns();
        atomic_store(&process.missed, 0);
        atomic_store(&process.stopped, false);
        recorder_forget_all();
        file_forget();
        sites_forget();
        atomic_store(process_same, 1);
    }
    signals_restore(signals);
}

/* Where the thread has a recorder: making one may need the allocator below, whose turn may be later. */
static void after_fork_parent(void) {
    int saved = errno;
    struct recorder *recorder = recorder_mine ? recorder_enter() : NULL;
    if (recorder) {
        record_event(recorder, EXTENSION_FORK);
        recorder_leave(recorder);
    }
    errno = saved;
}

/* At once, where the C library tells: a child that only waits would keep its parent's file open. */
static void after_fork_child(void) {
    int saved = errno;
    if (process_same == &same_without_page)
        atomic_store(process_same, 0);
    process_become_child();
    errno = saved;
}

__attribute__((constructor)) static void start(void) {
    if (!atomic_load(&process.ready))
        process_start();
    operators_find();
    if (process.recording)
        pthread_atfork(NULL, after_fork_parent, after_fork_child);
}

__attribute__((destructor)) static void end(void) {
    if (process.recording && process.file)
        recorder_note_ends();
}
