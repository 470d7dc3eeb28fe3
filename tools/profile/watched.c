/* watched.c - see watched.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "watched.h"

#include "../base/fail.h"
#include "../run/run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_STARTED 127

static bool set_environment(uint64_t every_bytes) {
    char sample[40];
    snprintf(sample, sizeof sample, "sample:%" PRIu64, every_bytes);
    const char *items[] = {getenv("HALLOC_CONF"), sample};
    return run_preload(NULL) && run_join("HALLOC_CONF", items, 2, ',');
}

/* Waits until it is watched, then becomes the program. */
static void become(const char *who, char **command, int go) {
    char word;
    while (read(go, &word, 1) < 0 && errno == EINTR)
        ;
    execvp(command[0], command);
    fail(who, "%s: %s", command[0], strerror(errno));
    _exit(NOT_STARTED);
}

/* How a stop goes on: the signal that the program gets. */
static void go_on(pid_t pid, int status) {
    int signal = WSTOPSIG(status), event = status >> 16;
    if (event == PTRACE_EVENT_STOP &&
        (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU))
        ptrace(PTRACE_LISTEN, pid, NULL, NULL); /* it stays stopped until SIGCONT */
    else
        ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)(event ? 0 : signal));
}

int watched_run(const char *who, char **command, uint64_t every_bytes,
                void (*at_end)(pid_t pid, void *context), void *context) {
    int go[2];
    if (!set_environment(every_bytes) || pipe(go) != 0)
        return NOT_STARTED;
    pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        become(who, command, go[0]);
    }
    close(go[0]);
    if (pid < 0 ||
        ptrace(PTRACE_SEIZE, pid, NULL, (void *)(intptr_t)(PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC)) != 0) {
        fail(who, "cannot watch a program here: %s", strerror(errno));
        if (pid > 0)
            kill(pid, SIGKILL);
        close(go[1]);
        return NOT_STARTED;
    }
    signal(SIGINT, SIG_IGN); /* the terminal sends it to the program as well, which decides */
    signal(SIGQUIT, SIG_IGN);
    close(go[1]);
    int status = 0;
    bool has_begun = false, was_read = false;
    while (waitpid(pid, &status, __WALL) == pid || errno == EINTR) {
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        if (WIFSIGNALED(status))
            return 128 + WTERMSIG(status);
        has_begun |= status >> 16 == PTRACE_EVENT_EXEC;
        if (status >> 16 == PTRACE_EVENT_EXIT && has_begun && !was_read) {
            was_read = true;
            at_end(pid, context);
        }
        go_on(pid, status);
    }
    return NOT_STARTED;
}
