/*
 * processes.c - a program that forks, and one that execs. The child frees what its parent allocated.
 *
 *      processes fork      the child allocates 300 times, and frees the parent's
 *      processes exec      allocates 500 times, then becomes "processes quiet"
 *      processes quiet     allocates 70 times
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void allocate(int times) {
    for (int time = 0; time < times; time++)
        free(malloc(100));
}

int main(int count, char **words) {
    const char *word = count > 1 ? words[1] : "";
    if (strcmp(word, "quiet") == 0) {
        allocate(70);
        return 7;
    }
    void *inherited = malloc(12345);
    allocate(500);
    if (strcmp(word, "exec") == 0) {
        execl(words[0], words[0], "quiet", (char *)NULL);
        return 99;
    }
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        free(inherited);
        allocate(300);
        _exit(5);
    }
    waitpid(child, &status, 0);
    free(inherited);
    return WEXITSTATUS(status);
}
