#!/bin/bash
# Fork in company: handlers that allocate, signal handlers that fork inside a fork, and other threads that hold a
# lock of libc's while they allocate. Each once hung. What it does is done so often that it was met every time.
. "$(dirname "$0")/lib.sh"

without_hanging() { # PROGRAM [ARGUMENT]...: ends with 0, on the process heap and on a classic one
    local conf
    for conf in "" heap:classic; do
        HALLOC_CONF=$conf on_halloc -- "$@" || die "$* under HALLOC_CONF=$conf: status $?"
    done
}

# --- Handlers that allocate ----------------------------------------------------------------------

compile handlers -D_GNU_SOURCE <<'END'
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static void *work(void *argument) {
    for (int i = 0; i < 100; i++) free(malloc((size_t)i * 700));
    return argument;
}
static void allocate(void) { work(NULL); }
static void join(void) { /* as OpenBLAS does */
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
}
static void nested(void) {
    static __thread int inside;
    if (inside++ == 0) {
        pid_t child = fork();
        if (child == 0) { work(NULL); _exit(0); }
        waitpid(child, NULL, 0);
    }
    inside--;
}
int main(int count, char **arguments) {
    void (*act)(void) = !strcmp(arguments[1], "join") ? join : !strcmp(arguments[1], "nested") ? nested : allocate;
    const char *when = arguments[2];
    pthread_atfork(*when == 'b' ? act : NULL, *when == 'p' ? act : NULL, *when == 'c' ? act : NULL);
    if (count > 3) free(malloc(10));
    pid_t child = fork();
    if (child == 0) { work(NULL); _exit(0); }
    int status;
    waitpid(child, &status, 0);
    return status != 0;
}
END
for act in allocate join nested; do
    for when in before parent child; do
        [[ $act/$when != join/child ]] || continue
        without_hanging ./handlers $act $when
        without_hanging ./handlers $act $when after-the-first-malloc
    done
done

# A library whose constructor comes before all others but ours.
compile_library early_handler <<'END'
#include <pthread.h>
#include <stdlib.h>
static void *work(void *argument) { free(malloc(1000)); free(malloc(100000)); return argument; }
static void join(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
}
__attribute__((constructor(101))) static void construct(void) { pthread_atfork(join, join, NULL); }
void early_handler(void) {}
END
compile linked ./early_handler.so -Wl,-rpath,. <<'END'
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
void early_handler(void);
int main(void) {
    early_handler();
    free(malloc(1));
    pid_t child = fork();
    if (child == 0) { free(malloc(5)); _exit(0); }
    int status;
    waitpid(child, &status, 0);
    return status != 0;
}
END
without_hanging ./linked

# --- A signal handler that forks, wherever its thread is ------------------------------------------

compile signals -D_GNU_SOURCE <<'END'
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile sig_atomic_t bad;
static void work(void) {
    void *all[200];
    for (int i = 0; i < 200; i++) memset(all[i] = malloc((size_t)i * 60 + 1), i, (size_t)i * 60 + 1);
    for (int i = 0; i < 200; i++) free(all[i]);
    free(malloc(200000));
}
static void reap(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (status) bad = 1;
}
static void forks(int number) {
    (void)number;
    int saved = errno;
    pid_t child = fork();
    if (child == 0) { work(); _exit(0); }
    if (child > 0) reap(child);
    errno = saved;
}
int main(void) {
    signal(SIGALRM, forks);
    for (int i = 0; i < 1000 && !bad; i++) {
        struct itimerval soon = {.it_value = {0, 1 + i % 150}};
        setitimer(ITIMER_REAL, &soon, NULL);
        pid_t child = fork();
        if (child == 0) { work(); _exit(0); }
        if (child > 0) reap(child);
    }
    return bad;
}
END
without_hanging ./signals

# --- Locks of libc that are held while malloc is called ---------------------------------------------

compile locks -D_GNU_SOURCE <<'END'
#include <dlfcn.h>
#include <locale.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static atomic_int over;
static void flush(void) { fflush(NULL); }
static void files(void) {
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    while (file && getline(&line, &room, file) > 0) { free(line); line = NULL; room = 0; }
    free(line);
    if (file) fclose(file);
}
static ssize_t write_cookie(void *cookie, const char *text, size_t length) {
    (void)cookie, (void)text;
    free(malloc(length + 5000));
    return (ssize_t)length;
}
static void cookies(void) {
    FILE *file = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_cookie});
    fprintf(file, "%d", 1);
    fflush(NULL);
    fclose(file);
}
static void loader(void) {
    void *library = dlopen("libm.so.6", RTLD_NOW);
    if (library) dlclose(library);
    dlsym(RTLD_DEFAULT, "there is none of this name");
}
static void locale(void) {
    locale_t made = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
    if (made) freelocale(made);
}
static void environment(void) {
    char value[3000];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = 0;
    setenv("SOME", value, 1);
    unsetenv("SOME");
}
static void zone(void) {
    time_t now = 0;
    struct tm broken;
    localtime_r(&now, &broken);
    tzset();
}
static void nothing(void) {}
static void exits(void) {
    static int count;
    if (count++ < 2000) atexit(nothing);
    free(malloc(3000));
}
static void pages(void) { free(malloc(100000)); free(malloc(900)); }
static void *again(void *act) {
    while (!over) ((void (*)(void))(intptr_t)act)();
    return NULL;
}
int main(void) {
    void (*acts[])(void) = {flush, files, files, cookies, loader, locale, environment, zone, exits, pages};
    enum { ACTS = sizeof acts / sizeof *acts };
    pthread_t threads[ACTS];
    for (int i = 0; i < ACTS; i++) pthread_create(&threads[i], NULL, again, (void *)(intptr_t)acts[i]);
    int bad = 0;
    for (int i = 0; i < 150; i++) {
        pid_t child = fork();
        if (child == 0) { free(malloc(100)); free(malloc(100000)); _exit(0); }
        int status = 1;
        waitpid(child, &status, 0);
        bad |= status;
    }
    over = 1;
    for (int i = 0; i < ACTS; i++) pthread_join(threads[i], NULL);
    return bad != 0;
}
END
without_hanging ./locks
