/*
 * maps.c - the mappings of this process, from /proc/self/maps, line by line.
 *
 *      start-end r-xp offset device inode   path
 */
#include "../capture.h"
#include "../signal_lock.h"

#include <fcntl.h>
#include <string.h>

static struct lock lock;
static char buffer[8192]; /* not on the stack, which is tiny in some threads */

static uint64_t take_hex(const char **text) {
    uint64_t number = 0;
    for (;; ++*text) {
        char digit = **text;
        if (digit >= '0' && digit <= '9')
            number = number << 4 | (unsigned)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            number = number << 4 | (unsigned)(digit - 'a' + 10);
        else
            return number;
    }
}

/* The line ends in '\n', and so does the last number. False: the visit was the last. */
static bool visit_line(const char *text, const char *end, maps_visit *visit, void *context) {
    struct mapping mapping = {.start = take_hex(&text)};
    text++;
    mapping.end = take_hex(&text);
    if (end - text < 6)
        return true;
    mapping.is_code = text[3] == 'x';
    text += 6;
    mapping.offset = take_hex(&text);
    mapping.file = text;
    mapping.file_bytes = (size_t)(end - text);
    while (text < end && *text != '/' && *text != '[')
        text++;
    mapping.path = text;
    mapping.path_bytes = (size_t)(end - text);
    return visit(context, &mapping);
}

static void read_lines(int fd, maps_visit *visit, void *context) {
    size_t held = 0;
    long got;
    while ((got = syscall(SYS_read, fd, buffer + held, sizeof buffer - held)) > 0) {
        held += (size_t)got;
        char *line = buffer, *newline;
        while ((newline = memchr(line, '\n', held - (size_t)(line - buffer)))) {
            if (!visit_line(line, newline, visit, context))
                return;
            line = newline + 1;
        }
        held -= (size_t)(line - buffer);
        memmove(buffer, line, held);
        if (held == sizeof buffer)
            held = 0; /* a path of 8 KiB is skipped */
    }
}

void maps_read(maps_visit *visit, void *context) {
    int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return;
    lock_take(&lock);
    read_lines(fd, visit, context);
    lock_give(&lock);
    syscall(SYS_close, fd);
}

void maps_forget(void) {
    lock_forget(&lock);
}
