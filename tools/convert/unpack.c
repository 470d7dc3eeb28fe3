/* unpack.c - see unpack.h. The first bytes tell what it is. They stay where they are, in a pipe too: the
 * tool reads from the beginning. */
#define _GNU_SOURCE 1
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The first bytes that come; too few of them are those of no tool. */
static bool look_into_pipe(int fd, char *begins, size_t bytes) {
    int copy[2];
    if (pipe2(copy, O_CLOEXEC) != 0)
        return false;
    bool all = tee(fd, copy[1], bytes, 0) == (ssize_t)bytes && read(copy[0], begins, bytes) == (ssize_t)bytes;
    close(copy[0]);
    close(copy[1]);
    return all;
}

static const char *tool_for(int fd) {
    static const struct {
        const char *tool, *begins;
    } tools[] = {{"zstd", "\x28\xb5\x2f\xfd"}, {"gzip", "\x1f\x8b"}};
    char begins[4] = "";
    if (pread(fd, begins, sizeof begins, 0) != (ssize_t)sizeof begins &&
        !look_into_pipe(fd, begins, sizeof begins))
        return NULL;
    for (size_t index = 0; index < sizeof tools / sizeof *tools; index++)
        if (memcmp(begins, tools[index].begins, strlen(tools[index].begins)) == 0)
            return tools[index].tool;
    return NULL;
}

static pid_t start(const char *tool, int from, int to) {
    char *const words[] = {(char *)tool, "-dcq", NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    errno = posix_spawnp(&child, tool, &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return errno ? 0 : child;
}

struct unpacking unpack(FILE *file) {
    int from = fileno(file), ends[2];
    struct unpacking unpacking = {.text = file, .tool = tool_for(from)};
    if (!unpacking.tool)
        return unpacking;
    unpacking.text = NULL;
    if (pipe2(ends, O_CLOEXEC) == 0) {
        lseek(from, 0, SEEK_SET);
        unpacking.child = start(unpacking.tool, from, ends[1]);
        int error = errno;
        close(ends[1]);
        if (unpacking.child)
            unpacking.text = fdopen(ends[0], "r");
        else
            close(ends[0]);
        errno = error;
    }
    int error = errno;
    fclose(file);
    errno = error;
    return unpacking;
}

bool unpack_end(struct unpacking *unpacking, bool whole) {
    int status = 0;
    if (unpacking->text)
        fclose(unpacking->text); /* a tool that still writes ends now */
    unpacking->text = NULL;
    if (unpacking->child)
        while (waitpid(unpacking->child, &status, 0) < 0 && errno == EINTR)
            ;
    unpacking->child = 0;
    return !whole || status == 0;
}
