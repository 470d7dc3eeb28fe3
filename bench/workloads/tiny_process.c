/*
 * tiny_process.c - starts and ends a process that does next to nothing, some hundred times.
 *
 * Stresses what an allocator costs before it has done anything: relocations, constructors, mappings, pages
 * touched, the way out. Shell scripts, compilers' drivers, git hooks.
 * A good allocator needs a handful of system calls and a few pages, and nothing at the end.
 */
#include "workload.h"

#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        free(take(100));
        return 0;
    }
    workload_begin(argc, argv);
    size_t processes = scaled(500, 2);
    for (size_t i = 0; i < processes; i++) {
        pid_t child;
        int status;
        char *arguments[] = {argv[0], "child", NULL};
        if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) ||
            waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    figure("operations", (double)processes);
}
