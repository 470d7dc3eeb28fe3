/*
 * program.c - the environment of the program, its start, and its end.
 *
 * Every process of the program maps a file of counters (src/base/counters.h). HALLOC_REPORT has its path. It
 * is a real file in $TMPDIR, because every descendant must find it: after exec, with all file descriptors
 * closed, in another process namespace. (A memfd could be reached only through /proc/PID/fd. That needs our
 * pid to be visible and us to be inspectable, and is a link, which the library refuses to follow.) Only its
 * owner may open it. It is removed when the program ends, or when this command is killed (leftover.h).
 */
#include "run.h"
#include "../base/leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char report_path[4096];
static struct timespec started;

/* --- The file of counters --------------------------------------------------------------------- */

/* $TMPDIR, if that is an absolute path; else /tmp. */
static int make_file(void) {
    const char *folder = getenv("TMPDIR");
    static const char name[] = "/halloc-run-XXXXXX";
    bool usable = folder && folder[0] == '/' && strlen(folder) + sizeof name <= sizeof report_path;
    snprintf(report_path, sizeof report_path, "%s%s", usable ? folder : "/tmp", name);
    int fd = mkostemp(report_path, O_CLOEXEC);
    if (fd >= 0)
        leftover_watch(report_path);
    return fd;
}

/* Where a page of a mapped file has no room on the disk, whoever writes there dies by SIGBUS: so all of it is
 * reserved. Returns an error number. */
static int reserve(int fd, off_t bytes) {
    int error = posix_fallocate(fd, 0, bytes);
    if (error != EOPNOTSUPP)
        return error;
    return ftruncate(fd, bytes) == 0 ? 0 : errno; /* musl, on a file system that can't reserve */
}

static bool map_counters(struct report *report) {
    int fd = make_file();
    if (fd < 0) {
        run_fail("cannot make a file for the counters, %s: %s (TMPDIR says where)", report_path,
                 strerror(errno));
        report_path[0] = 0;
        return false;
    }
    void *file = MAP_FAILED;
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN); /* `ulimit -f` may be less */
    int error = reserve(fd, (off_t)sizeof(struct counters_file));
    if (!error)
        file = mmap(NULL, sizeof(struct counters_file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    error = error ? error : errno;
    signal(SIGXFSZ, before);
    close(fd);
    if (file == MAP_FAILED)
        return run_fail("cannot make the file of counters, %s: %s", report_path, strerror(error));
    report->file = file;
    report->file->magic = COUNTERS_MAGIC;
    report->records = report->file->records;
    return true;
}

void run_clean(void) {
    if (report_path[0])
        leftover_remove(report_path);
    report_path[0] = 0;
}

/* --- The environment -------------------------------------------------------------------------- */

/* Beside this command in a build, and where it was installed, relative to this command. */
static const char *const library_places[] = {"", HALLOC_BIN_TO_LIB "/"};

static char *find_library(void) {
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0) {
        run_fail("cannot find itself in /proc/self/exe: %s", strerror(errno));
        return NULL;
    }
    self[length] = 0;
    *strrchr(self, '/') = 0;
    for (size_t place = 0; place < sizeof library_places / sizeof *library_places; place++) {
        char path[sizeof self + 256];
        snprintf(path, sizeof path, "%s/%s%s", self, library_places[place], HALLOC_SONAME);
        if (access(path, R_OK) == 0)
            return realpath(path, NULL);
    }
    run_fail("cannot find %s: it is neither in %s nor in %s/%s", HALLOC_SONAME, self, self,
             HALLOC_BIN_TO_LIB);
    return NULL;
}

/* Sets a variable to the items that are not empty, joined. */
bool run_join(const char *name, const char *const *items, size_t count, char separator) {
    size_t room = 1;
    for (size_t index = 0; index < count; index++)
        room += items[index] ? strlen(items[index]) + 1 : 0;
    char *value = calloc(1, room);
    for (size_t index = 0; value && index < count; index++) {
        if (!items[index] || !*items[index])
            continue;
        size_t length = strlen(value);
        snprintf(value + length, room - length, "%s%s", length ? (char[]){separator, 0} : "", items[index]);
    }
    bool done = value && setenv(name, value, 1) == 0;
    free(value);
    return done || run_fail("cannot set %s: %s", name, strerror(errno));
}

bool run_preload(const char *added) {
    char *library = find_library();
    char *policy = added ? realpath(added, NULL) : NULL;
    bool fits = library && !library[strcspn(library, " :")] && !(policy && policy[strcspn(policy, " :")]);
    if (library && !fits)
        run_fail("LD_PRELOAD can't hold a path with a space or a colon: %s", policy ? policy : library);
    const char *items[] = {library, policy, getenv("LD_PRELOAD")};
    bool done = fits && run_join("LD_PRELOAD", items, 3, ':');
    free(library);
    free(policy);
    return done;
}

/* Later keys win, so ours come last. "help" is a request to this command. It was answered at this command's
 * own first allocation. */
static bool set_conf(const struct run_options *options) {
    char fit[300], heap[32];
    const char *users = getenv("HALLOC_CONF");
    snprintf(fit, sizeof fit, "%s%s", options->fit ? "fit:" : "", options->fit ? options->fit : "");
    snprintf(heap, sizeof heap, "%s%s", options->heap ? "heap:" : "", options->heap ? options->heap : "");
    const char *items[] = {users && strcmp(users, "help") == 0 ? NULL : users, fit, heap};
    return run_join("HALLOC_CONF", items, 3, ',') &&
           run_join("HALLOC_REPORT", (const char *[]){report_path}, 1, 0);
}

bool run_prepare(const struct run_options *options, struct report *report) {
    return map_counters(report) && run_preload(options->policy) && set_conf(options);
}

/* --- Signals ---------------------------------------------------------------------------------- */

static volatile pid_t program;

/* A signal from the terminal, which the kernel sends, reaches the program as well. A signal to us alone is
 * meant for the program. */
static void send_on(int signal, siginfo_t *info, void *context) {
    (void)context;
    if (info->si_code <= 0 && info->si_pid != program && program > 0) {
        int saved = errno;
        kill(program, signal);
        errno = saved;
    }
}

static const int sent_on[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

/* exec removes handlers, and keeps ignored signals ignored. So the program finds the same settings as
 * without us. */
static void handle_signals(void) {
    struct sigaction handler = {.sa_sigaction = send_on, .sa_flags = SA_SIGINFO | SA_RESTART};
    for (size_t index = 0; index < sizeof sent_on / sizeof *sent_on; index++) {
        struct sigaction old;
        if (sigaction(sent_on[index], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(sent_on[index], &handler, NULL);
    }
    signal(SIGCHLD, SIG_DFL); /* if it were ignored, the kernel would forget the program's end */
}

/* --- Start and end ---------------------------------------------------------------------------- */

extern char **environ;

/* Like execvp: a file that the kernel can't execute is a shell script. */
static int spawn(pid_t *pid, char **command, const posix_spawnattr_t *attributes) {
    int error = posix_spawnp(pid, command[0], NULL, attributes, command, environ);
    if (error != ENOEXEC)
        return error;
    size_t words = 0;
    while (command[words])
        words++;
    char **script = calloc(words + 2, sizeof *script);
    if (!script)
        return ENOMEM;
    script[0] = "sh";
    memcpy(script + 1, command, words * sizeof *script);
    error = posix_spawn(pid, "/bin/sh", NULL, attributes, script, environ);
    free(script);
    return error;
}

int run_start(struct report *report) {
    posix_spawnattr_t attributes;
    sigset_t all, before;
    sigfillset(&all);
    handle_signals();
    sigprocmask(SIG_BLOCK, &all, &before); /* until the receiver of these signals is known */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &before);
    clock_gettime(CLOCK_MONOTONIC, &started);
    int error = spawn(&report->pid, report->command, &attributes);
    posix_spawnattr_destroy(&attributes);
    program = error ? 0 : report->pid;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (!error)
        return 0;
    run_fail("cannot run '%s': %s", report->command[0], strerror(error));
    return error == ENOENT || error == ENOTDIR ? RUN_NOT_FOUND : RUN_NOT_EXECUTABLE;
}

/* The kernel's name of a process. It is valid for a process that ended and was not waited for. */
static void read_name(pid_t pid, char name[16]) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    size_t length = fread(name, 1, 16, file); /* it may have new lines of its own; the last is the kernel's */
    if (length)
        name[length - 1] = 0;
    fclose(file);
}

bool run_wait(struct report *report) {
    siginfo_t info;
    while (waitid(P_PID, (id_t)report->pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ;
    struct timespec ended;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    report->elapsed_ns = (uint64_t)(ended.tv_sec - started.tv_sec) * 1000000000u + (uint64_t)ended.tv_nsec -
                         (uint64_t)started.tv_nsec;
    read_name(report->pid, report->last_name);
    program = 0; /* afterwards another process may have its pid */
    if (wait4(report->pid, &report->status, 0, &report->usage) != report->pid)
        return run_fail("cannot wait for the program: %s", strerror(errno));
    return true;
}
