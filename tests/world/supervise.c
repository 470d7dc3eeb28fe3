/*
 * supervise.c - runs one row of the world, and leaves nothing of it behind.
 *
 *     supervise SECONDS FILE USER COMMAND [ARGUMENT ...]
 *
 * Servers fork, and their children call setsid: neither a process group nor a shell's trap holds them all. So
 * this process becomes the reaper of orphans: whatever the command starts stays below it, and can be found by
 * its parents. When the command ends, or the time is up, or a signal comes, all that is left below is killed.
 *
 * USER is who runs the command; "" is whoever runs this. FILE gets one line: the seconds that it took, and the
 * KiB that the largest process had resident. The exit status is the command's; 124 when the time was up.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped_by;

static void stop(int number) {
    stopped_by = number;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void complain(const char *what) {
    perror(what);
    _exit(125);
}

static pid_t parent_of(pid_t pid) {
    char path[64], name[64];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    /* A name in the second field may hold blanks and brackets; the last bracket ends it. */
    char line[512];
    if (fgets(line, sizeof line, file)) {
        char *end = line;
        for (char *at = line; *at; at++)
            if (*at == ')')
                end = at;
        if (sscanf(end, ") %63s %d", name, &parent) != 2)
            parent = 0;
    }
    fclose(file);
    return parent;
}

static bool is_below(pid_t pid, pid_t top) {
    for (int steps = 0; pid > 1 && steps < 1000; steps++)
        if ((pid = parent_of(pid)) == top)
            return true;
    return false;
}

static void kill_all_below(void) {
    DIR *folder = opendir("/proc");
    if (!folder)
        complain("/proc");
    for (struct dirent *entry; (entry = readdir(folder));) {
        pid_t pid = atoi(entry->d_name);
        if (pid > 1 && is_below(pid, getpid()))
            kill(pid, SIGKILL);
    }
    closedir(folder);
}

static void become(const char *user) {
    struct passwd *who = getpwnam(user);
    if (!who)
        complain(user);
    if (initgroups(user, who->pw_gid) || setgid(who->pw_gid) || setuid(who->pw_uid))
        complain("setuid");
}

static pid_t start(const char *user, char **command) {
    pid_t pid = fork();
    if (pid < 0)
        complain("fork");
    if (pid)
        return pid;
    signal(SIGPIPE, SIG_DFL);
    signal(SIGQUIT, SIG_DFL); /* which a shell ignores in what it starts in the background */
    setsid();
    if (user[0])
        become(user);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* after setuid, which clears it */
    execvp(command[0], command);
    complain(command[0]);
    return 0;
}

/* The command's status as a shell would give it, once it has ended; the time's or the signal's otherwise. */
static int wait_for(pid_t command, double until) {
    struct timespec pause = {.tv_nsec = 2000000};
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended == command)
            return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        if (stopped_by)
            return 128 + stopped_by;
        if (now() > until)
            return 124;
        if (ended <= 0)
            nanosleep(&pause, NULL);
    }
}

int main(int count, char **arguments) {
    if (count < 5) {
        fprintf(stderr, "usage: supervise SECONDS FILE USER COMMAND [ARGUMENT ...]\n");
        return 125;
    }
    int signals[] = {SIGHUP, SIGINT, SIGTERM};
    for (int i = 0; i < 3; i++)
        signal(signals[i], stop);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1))
        complain("prctl");

    double begun = now();
    int status = wait_for(start(arguments[3], arguments + 4), begun + atof(arguments[1]));
    double ended = now();
    do /* orphans come to us while we kill: until there is nobody */
        kill_all_below();
    while (waitpid(-1, NULL, 0) > 0 || errno != ECHILD);

    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    FILE *file = fopen(arguments[2], "w");
    if (!file || fprintf(file, "%.2f %ld\n", ended - begun, usage.ru_maxrss) < 0 || fclose(file))
        complain(arguments[2]);
    return status;
}
