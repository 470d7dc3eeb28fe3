/*
 * cgroup.c - what the container has left.
 *
 *      /sys/fs/cgroup                   memory.max: max
 *      /sys/fs/cgroup/pod               memory.max: 8 GiB    memory.current: 5 GiB
 *      /sys/fs/cgroup/pod/container     memory.max: 2 GiB    memory.current: 1 GiB    the process's own
 *
 * Each folder limits all that is below it: so the smallest room counts. The kernel's cache of files is in
 * memory.current, and goes when memory is needed: so it counts as room, that of folders below as well. A part
 * of each limit is left for what is no heap, and grows unseen: stacks, page tables, other processes.
 *
 * cgroup v1 has the same figures under other names.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "limit.h"

enum { PATH_BYTES = 1024, TEXT_BYTES = 2048 }; /* the figures stand at the beginning of longer files */

/* Not by libc's open and read, where a thread may be cancelled. */
INTERNAL void text_of_file(const char *path, char *text, size_t bytes) {
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    long got = syscall(SYS_read, fd, text, bytes - 1);
    text[got > 0 ? got : 0] = 0;
    syscall(SYS_close, fd);
}

/* Where the kernel shows cgroups of each version, and how it calls two of their files. */
enum { MOUNT, MAX, CURRENT, INACTIVE, ACTIVE };
static const char *const v1[] = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                                 "\ntotal_inactive_file ", "\ntotal_active_file "};
static const char *const v2[] = {"/sys/fs/cgroup", "memory.max", "memory.current", "\ninactive_file ",
                                 "\nactive_file "};

/* The number behind `label` in a file of the folder; SIZE_MAX: there is none, or it is "max". */
static size_t number_in(const char *folder, const char *file, const char *label) {
    char path[PATH_BYTES], text[TEXT_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    text_of_file(path, text, sizeof text);
    const char *found = strstr(text, label);
    size_t number = found ? strtoul(found + strlen(label), NULL, 10) : 0;
    return number ? number : SIZE_MAX;
}

static size_t room_of(const char *folder, const char *const *names) {
    size_t max = number_in(folder, names[MAX], ""), current = number_in(folder, names[CURRENT], "");
    size_t inactive = number_in(folder, "memory.stat", names[INACTIVE]);
    size_t active = number_in(folder, "memory.stat", names[ACTIVE]);
    size_t cache = (inactive <= current ? inactive : 0) + (active <= current ? active : 0);
    size_t used = current - min_size(cache, current) + (max >> LIMIT_SPARE_SHIFT);
    return max == SIZE_MAX || current == SIZE_MAX ? SIZE_MAX : max > used ? max - used : 0;
}

/* "0::/pod/container", or in version 1 "4:memory:/pod/container": `path` gets this folder. Version 1 has a
 * dozen such lines, that of version 2 comes last. So where neither is seen, a long text was cut off. A
 * container of version 1 has its own folder in the place of the mount. */
static const char *const *own_folder(char path[PATH_BYTES]) {
    char text[TEXT_BYTES];
    text_of_file("/proc/self/cgroup", text, sizeof text);
    const char *of_v1 = strstr(text, ":memory:"), *of_v2 = strstr(text, "0::");
    const char *own = of_v1 ? of_v1 + strlen(":memory:") : of_v2 ? of_v2 + strlen("0::") : "";
    const char *const *names = of_v1 || (*text && !of_v2) ? v1 : v2;
    snprintf(path, PATH_BYTES, "%s%.*s", names[MOUNT], (int)strcspn(own, "\n"), own);
    return names;
}

/* The smallest room of that folder and of all above it. */
INTERNAL size_t cgroup_room(void) {
    char path[PATH_BYTES];
    const char *const *names = own_folder(path);
    size_t room = room_of(path, names), mount = strlen(names[MOUNT]);
    for (char *slash; (slash = strrchr(path + mount, '/')); room = min_size(room, room_of(path, names)))
        *slash = 0;
    return room;
}

#define PRESSED_PERCENT 5

INTERNAL bool cgroup_is_pressed(void) {
    char path[PATH_BYTES];
    size_t percent = own_folder(path) == v2 ? number_in(path, "memory.pressure", "some avg10=") : SIZE_MAX;
    return percent >= PRESSED_PERCENT && percent <= 100;
}
