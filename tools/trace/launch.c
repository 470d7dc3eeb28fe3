/*
 * launch.c - see launch.h: the environment, the start, the end.
 *
 * The recorder must know which process is the program itself, before and after any exec. It is the process
 * with the identity in HALLOC_TRACE (tools/capture/traced.c). So that variable is set between fork and
 * exec.
 */
#define _GNU_SOURCE 1
#include "launch.h"
#include "format/format.h"
#include "format/identity.h"
#include "watch.h"
#include "write/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORDER "libhalloc-trace.so"
#define NOT_EXECUTABLE 126
#define NOT_FOUND 127
#define LOOKS_SHARE 20 /* looks may take one part in this many of the time */

/* --- Where things are ----------------------------------------------------------------------------- */

/* The library beside this command, in a build, or where it was installed. NULL: the error was printed. */
static char *find_library(const char *name) {
    static const char *const places[] = {".", HALLOC_BIN_TO_LIB "/halloc", HALLOC_BIN_TO_LIB};
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return launch_fail("cannot find itself: %s", strerror(errno)) ? NULL : NULL;
    self[length] = 0;
    *strrchr(self, '/') = 0;
    for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s/%s", self, places[place], name) < 0)
            return NULL;
        char *found = access(path, R_OK) == 0 ? realpath(path, NULL) : NULL;
        free(path);
        if (found)
            return found;
    }
    launch_fail("cannot find %s: it is neither in %s nor in %s/%s", name, self, self, HALLOC_BIN_TO_LIB);
    return NULL;
}

/* The recorder first, then the allocator below it, then the user's own list. */
static bool set_preload(const struct launch *launch) {
    char *recorder = find_library(RECORDER), *below = NULL, *value = NULL;
    const char *users = getenv("LD_PRELOAD");
    if (launch->below && strcmp(launch->below, "halloc") == 0)
        below = find_library(HALLOC_SONAME);
    else if (launch->below && !(below = realpath(launch->below, NULL)))
        launch_fail("--below %s: %s", launch->below, strerror(errno));
    bool done = recorder && (below || !launch->below);
    if (done && (recorder[strcspn(recorder, " :")] || (below && below[strcspn(below, " :")])))
        done =
            launch_fail("LD_PRELOAD can't hold a path with a space or a colon: %s", below ? below : recorder);
    done = done &&
           asprintf(&value, "%s%s%s%s%s", recorder, below ? ":" : "", below ? below : "",
                    users && *users ? ":" : "", users ? users : "") >= 0 &&
           setenv("LD_PRELOAD", value, 1) == 0;
    free(value);
    free(recorder);
    free(below);
    return done;
}

/* May we replace the file at this path? */
static bool is_ours_to_write(const char *path) {
    const char *refused = output_refused(path, &trace_output);
    return !refused || launch_fail("%s", refused);
}

/* Room for a block of every kind, twice: a recording with less can't begin. */
#define ROOM_LEAST (128 << 10)

static bool find_output(struct launch *launch) {
    char cwd[PATH_MAX];
    bool absolute = launch->output[0] == '/';
    if (!absolute && !getcwd(cwd, sizeof cwd))
        return launch_fail("cannot find the working directory: %s", strerror(errno));
    if (asprintf(&launch->path, "%s%s%s", absolute ? "" : cwd, absolute ? "" : "/", launch->output) < 0)
        return launch_fail("out of memory");
    if (strlen(launch->path) >= 480) /* the recorder has room for this */
        return launch_fail("the path is too long: %s", launch->path);
    if (!is_ours_to_write(launch->path))
        return false;
    int fd = open(launch->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return launch_fail("cannot write to %s: %s", launch->output, strerror(errno));
    int error = posix_fallocate(fd, 0, ROOM_LEAST);
    close(fd);
    unlink(launch->path);
    return !error || launch_fail("cannot write to %s: %s", launch->output, strerror(error));
}

/* --- Start and end -------------------------------------------------------------------------------- */

static uint32_t columns_of(const struct launch *launch) {
    return 1u << COLUMN_OPERATIONS | (uint32_t)launch->times << COLUMN_TIMES |
           (uint32_t)(launch->frames > 0) << COLUMN_SITES | (uint32_t)launch->addresses << COLUMN_PLACES;
}

/* If a file of ours grows too large that must not end us. The program keeps its own setting. */
static struct sigaction programs_xfsz;

static void ignore_file_limit(void) {
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGXFSZ, &ignore, &programs_xfsz);
}

/* In the child. If a signal that can't be caught ends `halloc trace`, the program ends, too. Otherwise its
 * file would go on growing. */
static void end_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(LAUNCH_FAILED);
}

/* In the child. Through the pipe the parent reads why exec failed; exec closes it. */
static void become(const struct launch *launch, int pipe_end) {
    char variable[640];
    sigaction(SIGXFSZ, &programs_xfsz, NULL);
    snprintf(variable, sizeof variable, "%" PRIx64 ":%" PRIx32 ":%x:%" PRIx64 ":%" PRIx64 ":%s",
             identity_of_process(), columns_of(launch), launch->frames, launch->session, launch->most_bytes,
             launch->path);
    if (setenv("HALLOC_TRACE", variable, 1) == 0)
        execvp(launch->command[0], launch->command);
    int error = errno;
    if (write(pipe_end, &error, sizeof error) < 0)
        _exit(LAUNCH_FAILED);
    _exit(NOT_FOUND);
}

static volatile pid_t program;

/* A signal from the terminal reaches the program as well. A signal to us alone is meant for the program. */
static void send_on(int signal, siginfo_t *info, void *context) {
    (void)context;
    int saved = errno;
    if (info->si_code <= 0 && info->si_pid != program && program > 0)
        kill(program, signal);
    errno = saved;
}

static void handle_signals(void) {
    static const int sent_on[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    struct sigaction handler = {.sa_sigaction = send_on, .sa_flags = SA_SIGINFO | SA_RESTART}, old;
    for (size_t index = 0; index < sizeof sent_on / sizeof *sent_on; index++)
        if (sigaction(sent_on[index], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(sent_on[index], &handler, NULL);
}

static bool start(struct launch *launch, int *error) {
    int ends[2];
    sigset_t all, before;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        *error = errno;
        return false;
    }
    pid_t parent = getpid();
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    fflush(NULL);
    program = fork();
    if (program == 0) {
        end_with(parent);
        sigprocmask(SIG_SETMASK, &before, NULL);
        close(ends[0]);
        become(launch, ends[1]);
    }
    *error = program < 0 ? errno : 0;
    handle_signals();
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (program > 0 && read(ends[0], error, sizeof *error) == sizeof *error && *error == 0)
        *error = EIO;
    close(ends[0]);
    return program > 0;
}

/* Looks once a second, and less often if the looks take long. */
static bool wait_and_watch(struct launch *launch) {
    sigset_t child, before;
    struct timespec pause = {.tv_sec = 1}, start, end;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    pid_t ended;
    while ((ended = waitpid(program, &launch->status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (sigtimedwait(&child, NULL, &pause) >= 0 || errno != EAGAIN)
            continue;
        clock_gettime(CLOCK_MONOTONIC, &start);
        watch_look(launch);
        clock_gettime(CLOCK_MONOTONIC, &end);
        pause.tv_sec = 1 + LOOKS_SHARE * (end.tv_sec - start.tv_sec);
    }
    int error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    watch_end();
    errno = error;
    return ended > 0;
}

bool launch_program(struct launch *launch, int *status) {
    int error;
    *status = LAUNCH_FAILED;
    ignore_file_limit();
    if (!find_output(launch))
        return false;
    if (!set_preload(launch)) /* here, where what fails has a message and a status of its own */
        return false;
    if (getrandom(&launch->session, sizeof launch->session, 0) != sizeof launch->session)
        launch->session = (uint64_t)getpid();
    bool started = start(launch, &error);
    if (started && !wait_and_watch(launch))
        return launch_fail("cannot wait for the program: %s", strerror(errno));
    program = 0;
    if (started && !error)
        return true;
    launch_fail("cannot start '%s': %s", launch->command[0], strerror(error));
    *status = error == ENOENT || error == ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE;
    return false;
}
