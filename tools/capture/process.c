/*
 * process.c - what a traced process knows of itself: its start, its forks, its end.
 *
 * `halloc trace` says in one variable what to record and where:
 *
 *      HALLOC_TRACE=pid:columns:frames:session:path
 *
 * The process with that pid writes to path, any other to path.PID. An exec keeps the pid, so it begins
 * the same file anew; a child has its own. The variable is read from /proc, for the first call comes
 * before libc has its environment, and some shells have a getenv of their own, which allocates.
 */
#include "capture.h"
#include "lock.h"
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

struct process process;

static char base_path[480]; /* as given; process.path may end in our pid */
static uint32_t session_pid;

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

static void set_path(void) {
    uint32_t pid = (uint32_t)syscall(SYS_getpid);
    size_t length = strlen(base_path);
    memcpy(process.path, base_path, length + 1);
    if (pid == session_pid)
        return;
    char digits[12];
    size_t count = 0;
    for (; pid; pid /= 10)
        digits[count++] = (char)('0' + pid % 10);
    process.path[length++] = '.';
    while (count)
        process.path[length++] = digits[--count];
    process.path[length] = 0;
}

static void read_session(void) {
    char value[sizeof base_path + 80];
    uint64_t pid, columns, frames, session;
    const char *text = value;
    if (!read_variable(value, sizeof value) || !take_number(&text, &pid) || !take_number(&text, &columns) ||
        !take_number(&text, &frames) || !take_number(&text, &session) || !*text ||
        strlen(text) >= sizeof base_path)
        return;
    session_pid = (uint32_t)pid;
    process.columns = (uint32_t)columns & ((1u << COLUMNS) - 1);
    process.frames = (uint32_t)frames;
    process.session = session;
    memcpy(base_path, text, strlen(text) + 1);
    set_path();
    process.recording = shadow_start();
}

/* --- The start ------------------------------------------------------------------------------------ */

static atomic_uint start_state; /* 0: not yet, 1: somebody is at it */

void process_start(void) {
    if (atomic_exchange(&start_state, 1))
        return; /* from within, or another thread: early memory serves it */
    int saved = errno;
    recorder_starting = true;
    next_find();
    process.start_ns = clock_ns();
    read_session();
    recorder_starting = false;
    atomic_store_explicit(&process.ready, true, memory_order_release);
    errno = saved;
}

/* --- Fork ----------------------------------------------------------------------------------------- */

/* All locks, so that the child finds nothing half done. */
static void before_fork(void) {
    recorder_lock_all();
    sites_lock();
    file_lock();
}

static void unlock(void) {
    file_unlock();
    sites_unlock();
    recorder_unlock_all();
}

static void after_fork_parent(void) {
    unlock();
    int saved = errno;
    struct recorder *recorder = recorder_enter();
    if (recorder) {
        record_event(recorder, EXTENSION_FORK);
        recorder_leave(recorder);
    }
    errno = saved;
}

/* The child makes its file when it first allocates: most only exec. */
static void after_fork_child(void) {
    process.epoch++;
    process.first_thread = atomic_load(&process.threads);
    process.start_ns = clock_ns();
    atomic_store(&process.missed, 0);
    atomic_store(&process.stopped, false);
    recorder_forget_all();
    file_forget();
    sites_forget();
    unlock();
    set_path();
}

__attribute__((constructor)) static void start(void) {
    if (!atomic_load(&process.ready))
        process_start();
    if (process.recording)
        pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

__attribute__((destructor)) static void end(void) {
    if (process.recording && process.file)
        recorder_note_ends();
}
