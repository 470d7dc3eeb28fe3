/* output.c - see output.h. */
#define _GNU_SOURCE 1
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTS_MOST 100 /* files beside one path that killed commands left */

__attribute__((format(printf, 1, 2))) static const char *say(const char *format, ...) {
    static char words[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return words;
}

/* A link is not followed: it is not the file that the user means. */
const char *output_no_file(const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0 || S_ISREG(status.st_mode))
        return NULL;
    return S_ISDIR(status.st_mode)    ? "a folder"
           : S_ISLNK(status.st_mode)  ? "a symbolic link"
           : S_ISFIFO(status.st_mode) ? "a pipe"
           : S_ISSOCK(status.st_mode) ? "a socket"
                                      : "a device";
}

static const char *cannot_write(const char *path, int error) {
    return say("cannot write %s: %s", strcmp(path, "-") == 0 ? "standard output" : path, strerror(error));
}

/* --- The file at that name -------------------------------------------------------------------------- */

static bool begins_with(const char *text, const char *with) {
    if (strcmp(with, "0") == 0)
        return *text >= '0' && *text <= '9';
    return strncasecmp(text, with, strlen(with)) == 0;
}

/* An empty file may be of any kind. */
static bool looks_like(const char *path, const struct output_kind *kind) {
    char text[32] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    bool is = got == 0;
    if (kind->is)
        return is || kind->is(path);
    for (unsigned index = 0; index < 2 && got > 0 && kind->begins[index]; index++)
        is |= begins_with(text, kind->begins[index]);
    return is;
}

/* Names of files that are open already. Nothing is put in the place of such a file. */
static bool is_open(const char *path) {
    static const char *const names[] = {"/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/"};
    bool is = strcmp(path, "-") == 0;
    for (unsigned index = 0; index < sizeof names / sizeof *names; index++)
        is |= strncmp(path, names[index], strlen(names[index])) == 0;
    return is;
}

static int folder_error(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int error = folder && access(folder, W_OK) == 0 ? 0 : errno;
    free(folder);
    return error;
}

const char *output_refused(const char *path, const struct output_kind *kind) {
    struct stat status;
    if (kind->only_file && output_no_file(path))
        return say("%s is %s: not replaced by a %s", path, output_no_file(path), kind->name);
    if (is_open(path) && !kind->only_file)
        return NULL;
    if (stat(path, &status) != 0) {
        int error = errno == ENOENT ? folder_error(path) : errno;
        return error ? cannot_write(path, error) : NULL;
    }
    if (S_ISDIR(status.st_mode) || access(path, W_OK) != 0)
        return cannot_write(path, S_ISDIR(status.st_mode) ? EISDIR : errno);
    if (!S_ISREG(status.st_mode) || looks_like(path, kind))
        return NULL;
    return say("%s exists and is no %s: not overwritten", path, kind->name);
}

/* --- Writing ---------------------------------------------------------------------------------------- */

/* A file that grows too large shall give an error of write, and not end this process. */
static void ignore_file_limit(void) {
    signal(SIGXFSZ, SIG_IGN);
}

FILE *output_beside(const char *path, char **part) {
    FILE *file = NULL;
    *part = NULL;
    ignore_file_limit();
    for (unsigned number = 0; !file && number < PARTS_MOST; number++) {
        free(*part);
        if (asprintf(part, number ? "%s.part%u" : "%s.part", path, number) < 0) {
            *part = NULL;
            return NULL;
        }
        file = fopen(*part, "wxe"); /* never one that exists: it may be of another user */
        if (!file && errno != EEXIST)
            break;
    }
    int error = errno;
    if (!file) {
        free(*part);
        *part = NULL;
        errno = error;
    }
    return file;
}

/* A file that exists keeps its permissions. A link stays a link. */
static void open_beside(struct output *output) {
    struct stat status;
    char *real = realpath(output->path, NULL);
    if (real) {
        free(output->path);
        output->path = real;
    }
    output->file = output_beside(output->path, &output->part);
    if (output->file && stat(output->path, &status) == 0)
        fchmod(fileno(output->file), status.st_mode & 0777);
}

const char *output_open(struct output *output, const char *path, const struct output_kind *kind) {
    struct stat status;
    const char *refused = output_refused(path, kind);
    *output = (struct output){.path = refused ? NULL : strdup(path)};
    if (refused)
        return refused;
    ignore_file_limit();
    if (strcmp(path, "-") == 0)
        output->file = stdout;
    else if (is_open(path))
        output->file = fopen(path, "ae"); /* append: what the shell wrote stays */
    else if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        output->file = fopen(path, "we");
    else if (output->path)
        open_beside(output);
    if (!output->file || !output->path) {
        const char *why = cannot_write(path, errno);
        free(output->path);
        return why;
    }
    errno = 0;
    return NULL;
}

const char *output_close(struct output *output, bool whole) {
    int error = ferror(output->file) ? errno ? errno : EIO : 0;
    if ((output->file == stdout ? fflush(stdout) : fclose(output->file)) != 0)
        error = errno;
    if (output->part && whole && !error && rename(output->part, output->path) != 0)
        error = errno;
    if (output->part && (!whole || error))
        unlink(output->part);
    const char *why = error ? cannot_write(output->path, error) : NULL;
    free(output->part);
    free(output->path);
    return why;
}
