/*
 * requests.c - a program whose requests are known: one word says what it does.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK_BYTES 100 /* of which each takes a slot of 112 */

static void *blocks[100000];

/* `allocations` blocks, of which the first `frees` go again; then resizes of one, and requests too large. */
static int request(int allocations, int frees, int resizes, int failures) {
    for (int index = 0; index < allocations; index++)
        if (!(blocks[index] = malloc(BLOCK_BYTES)))
            return 1;
    for (int index = 0; index < frees; index++)
        free(blocks[index]);
    for (int index = 0; index < resizes; index++)
        if (!(blocks[allocations - 1] = realloc(blocks[allocations - 1], BLOCK_BYTES)))
            return 1;
    volatile size_t too_large = SIZE_MAX / 2 + 1;
    for (int index = 0; index < failures; index++)
        if (malloc(too_large))
            return 1;
    return 0;
}

static pthread_barrier_t all_here;

static void *thread(void *unused) {
    void *volatile block = malloc(BLOCK_BYTES);
    pthread_barrier_wait(&all_here);
    free(block);
    return unused;
}

static int start_threads(int count) {
    pthread_t threads[64];
    pthread_barrier_init(&all_here, NULL, (unsigned)count);
    for (int index = 0; index < count; index++)
        if (pthread_create(&threads[index], NULL, thread, NULL) != 0)
            return 1;
    for (int index = 0; index < count; index++)
        pthread_join(threads[index], NULL);
    return 0;
}

/* The parent keeps 10 blocks; the child makes 7 more and frees 2 of its parent's. */
static int fork_child(int by__exit) {
    request(10, 0, 0, 0);
    pid_t child = fork();
    if (child == 0) {
        free(blocks[8]);
        free(blocks[9]);
        request(7, 0, 0, 0);
        if (by__exit)
            _exit(0);
        return 0;
    }
    int status;
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}

static volatile sig_atomic_t told;

static void on_signal(int signal) {
    told = signal;
}

/* Says that it is ready, waits for a signal, and ends with its number. */
static int wait_for_signal(void) {
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    request(1, 0, 0, 0);
    sigset_t both, before;
    sigemptyset(&both);
    sigaddset(&both, SIGTERM);
    sigaddset(&both, SIGINT);
    sigprocmask(SIG_BLOCK, &both, &before);
    if (write(STDOUT_FILENO, "ready\n", 6) != 6)
        return 1;
    while (!told)
        sigsuspend(&before);
    return 40 + told;
}

int main(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "";
    int numbers[4] = {0, 0, 0, 0};
    for (int index = 0; index < 4 && index + 2 < argc; index++)
        numbers[index] = atoi(argv[index + 2]);
    if (strcmp(word, "exit") == 0)
        return request(5, 0, 0, 0) ? 99 : numbers[0];
    if (strcmp(word, "exact") == 0)
        return request(numbers[0], numbers[1], numbers[2], numbers[3]);
    if (strcmp(word, "threads") == 0)
        return start_threads(numbers[0]);
    if (strcmp(word, "fork") == 0)
        return fork_child(0);
    if (strcmp(word, "fork-_exit") == 0)
        return fork_child(1);
    if (strcmp(word, "signal") == 0)
        return wait_for_signal();
    if (strcmp(word, "nothing") == 0)
        return 0;
    if (request(10, 4, 0, 0) != 0)
        return 99;
    if (strcmp(word, "_exit") == 0)
        _exit(5);
    if (strcmp(word, "kill") == 0)
        raise(numbers[0]);
    if (strcmp(word, "exec") == 0)
        execl("/proc/self/exe", argv[0], "exact", "3", "0", NULL);
    if (strcmp(word, "cleared-exec") == 0 && clearenv() == 0)
        execl(argv[2], argv[2], "exact", "3", "0", NULL);
    if (strcmp(word, "close") == 0) {
        for (int fd = 0; fd < 1024; fd++)
            close(fd);
        return request(1000, 0, 0, 0) ? 99 : 6;
    }
    return 98;
}
