/*
 * collect.c - finds the files of a session: F of the program, F.PID of each child that allocated, F.PID.2
 * and so on of others with the same pid. A number in the header tells which of these files belong to the
 * session. Children that still run are left alone: their files can be read as they are.
 */
#define _GNU_SOURCE 1
#include "launch.h"
#include "format/format.h"
#include "../base/progress.h"
#include "watch.h"
#include "write/writer.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_header(const char *path, struct trace_file *header) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool read = pread(fd, header, sizeof *header, 0) == (ssize_t)sizeof *header;
    close(fd);
    return read && memcmp(header->magic, FILE_MAGIC, sizeof header->magic) == 0;
}

/* Does a process still write to it? The kernel gives a lease to read only if no process has the file open
 * for writing, or mapped. If it has no leases, the pid tells, if it is of our namespace. */
static bool is_being_written(const char *path, uint32_t pid) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool leased = fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
    int error = errno;
    if (leased)
        fcntl(fd, F_SETLEASE, F_UNLCK);
    close(fd);
    if (leased || error == EAGAIN)
        return !leased;
    return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

/* F.PID, or F.PID.NUMBER if several processes had the same pid. */
static bool is_childs(const char *name, const char *base) {
    size_t length = strlen(base);
    if (strncmp(name, base, length) != 0 || !name[length])
        return false;
    for (const char *at = name + length; *at; at++)
        if (*at == '.' ? !isdigit((unsigned char)at[1]) : !isdigit((unsigned char)*at))
            return false;
    return name[length] == '.';
}

static void visit_file(const struct launch *launch, const char *path, session_visit *visit, void *context) {
    struct trace_file header;
    if (read_header(path, &header) && header.session == launch->session)
        visit(context, path, &header);
}

void session_visit_files(const struct launch *launch, session_visit *visit, void *context) {
    char *folder = strdup(launch->path);
    DIR *listing = NULL;
    const char *base = strrchr(launch->path, '/') + 1;
    visit_file(launch, launch->path, visit, context);
    if (folder) {
        folder[base - launch->path] = 0;
        listing = opendir(folder);
    }
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        char *path = NULL;
        if (is_childs(entry->d_name, base) && asprintf(&path, "%s%s", folder, entry->d_name) >= 0)
            visit_file(launch, path, visit, context);
        free(path);
    }
    if (listing)
        closedir(listing);
    free(folder);
}

/* --- Finishing them ------------------------------------------------------------------------------- */

struct collection {
    struct collected *all;
    size_t count;
};

/* The file is read once, and that content is written. */
static void finish(struct collected *one) {
    if (!one->path || is_being_written(one->path, one->pid)) {
        one->problem = (struct trace_problem){true, TRACE_NO_OFFSET,
                                              "its process still runs; the file can be read as it is"};
        return;
    }
    struct trace *trace = trace_open(one->path, &one->problem);
    if (!trace)
        return;
    one->command = strdup(trace_command(trace));
    one->readable = one->command != NULL;
    one->packed = trace_pack(trace, one->path, one->path, &one->totals, &one->problem);
    trace_close(trace);
}

static void add(void *context, const char *path, const struct trace_file *header) {
    struct collection *collection = context;
    struct collected *moved = reallocarray(collection->all, collection->count + 1, sizeof *moved);
    if (!moved)
        return;
    collection->all = moved;
    moved[collection->count++] =
        (struct collected){.path = strdup(path), .stopped = header->stopped, .pid = header->pid};
}

static int by_path(const void *a, const void *b) {
    const char *left = ((const struct collected *)a)->path, *right = ((const struct collected *)b)->path;
    size_t lengths[] = {strlen(left), strlen(right)};
    return lengths[0] != lengths[1] ? (lengths[0] < lengths[1] ? -1 : 1) : strcmp(left, right);
}

struct collected *launch_collect(const struct launch *launch, size_t *count) {
    struct collection collection = {NULL, 0};
    progress_begin("halloc trace");
    session_visit_files(launch, add, &collection);
    for (size_t index = 0; index < collection.count; index++)
        finish(&collection.all[index]);
    progress_end();
    if (collection.count)
        qsort(collection.all, collection.count, sizeof *collection.all, by_path);
    *count = collection.count;
    return collection.all;
}

void launch_collected_free(struct collected *collected, size_t count) {
    for (size_t index = 0; index < count; index++) {
        free(collected[index].path);
        free(collected[index].command);
    }
    free(collected);
}
