/*
 * cgroup.c - what the container has left.
 *
 *      /sys/fs/cgroup                   memory.max: max
 *      /sys/fs/cgroup/pod               memory.max: 8 GiB    memory.current: 5 GiB
 *      /sys/fs/cgroup/pod/container     memory.max: 2 GiB    memory.current: 1 GiB    the process's own
 *
 * Each folder limits all that is below it: so the smallest room counts. The kernel's cache of files is in
 * memory.current, and goes when memory is needed: what it has not used lately (inactive_file) counts as room.
 * A part of each limit is left for what is no heap, and grows unseen: stacks, page tables, other processes.
 *
 * cgroup v1 has the same figures under other names.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "limit.h"

#define TEXT_BYTES 2048 /* the figures stand at the beginning of longer files */

/* Not by libc's open and read, where a thread may be cancelled. */
INTERNAL void text_of_file(const char *path, char *text, size_t bytes) {
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    long got = syscall(SYS_read, fd, text, bytes - 1);
    text[got > 0 ? got : 0] = 0;
    syscall(SYS_close, fd);
}

/* Both versions call the third file memory.stat. */
static const struct names {
    const char *mount, *max, *current;
} v1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"},
  v2 = {"/sys/fs/cgroup", "memory.max", "memory.current"};

/* The number behind `label` in a file of the folder; SIZE_MAX: there is none, or it is "max". */
static size_t number_in(const char *mount, int length, const char *folder, const char *file,
                        const char *label) {
    char path[1024], text[TEXT_BYTES];
    snprintf(path, sizeof path, "%s%.*s/%s", mount, length, folder, file);
    text_of_file(path, text, sizeof text);
    const char *found = strstr(text, label);
    size_t number = found ? strtoul(found + strlen(label), NULL, 10) : 0;
    return number ? number : SIZE_MAX;
}

static size_t room_of(const struct names *names, int length, const char *folder) {
    size_t max = number_in(names->mount, length, folder, names->max, "");
    size_t current = number_in(names->mount, length, folder, names->current, "");
    size_t cache = number_in(names->mount, length, folder, "memory.stat", "\ninactive_file ");
    size_t used = current - (cache < current ? cache : 0) + (max >> LIMIT_SPARE_SHIFT);
    return max == SIZE_MAX ? SIZE_MAX : max > used ? max - used : 0;
}

INTERNAL size_t cgroup_room(void) {
    char text[TEXT_BYTES];
    text_of_file("/proc/self/cgroup", text, sizeof text);
    const char *of_v1 = strstr(text, ":memory:"), *of_v2 = strstr(text, "0::");
    const char *folder = of_v1 ? of_v1 + strlen(":memory:") : of_v2 ? of_v2 + strlen("0::") : "";
    size_t room = SIZE_MAX;
    for (int length = (int)strcspn(folder, "\n"); length >= 0; length--)
        if (!folder[length] || strchr("/\n", folder[length]))
            room = min_size(room, room_of(of_v1 ? &v1 : &v2, length, folder));
    return room;
}
