/*
 * cgroup.c - what the container has left.
 *
 *      /sys/fs/cgroup                       memory.max: max
 *      /sys/fs/cgroup/pod                   memory.max: 8 GiB       memory.current: 5 GiB
 *      /sys/fs/cgroup/pod/container         memory.max: 2 GiB       memory.current: 1 GiB     the process's own
 *
 * Each folder limits all that is below it: so the smallest room counts. The kernel's cache of files is in
 * memory.current, and goes when memory is needed: what it has not used lately (inactive_file) counts as room.
 * A part of each limit is left for what is no heap, and grows unseen: stacks, page tables, other processes.
 *
 * cgroup v1 has the same figures under other names.
 */
#include <stdlib.h>

#include "limit.h"

#define TEXT_MOST_BYTES 2048 /* the figures stand at the beginning of longer files */

/* Where the kernel shows cgroups, and how it calls the files. */
struct names {
    const char *mount, *max, *current;
};

/* The number behind `label` in a file of the folder; SIZE_MAX: there is none, or it is "max". */
static size_t read_number(const struct names *names, const char *folder, int length, const char *file,
                          const char *label) {
    char path[1024], text[TEXT_MOST_BYTES];
    snprintf(path, sizeof path, "%s%.*s/%s", names->mount, length, folder, file);
    platform_read_file(path, text, sizeof text);
    const char *found = strstr(text, label);
    const char *digits = found ? found + strlen(label) : "";
    return *digits >= '0' && *digits <= '9' ? strtoul(digits, NULL, 10) : SIZE_MAX;
}

static size_t room_of(const struct names *names, const char *folder, int length) {
    size_t max = read_number(names, folder, length, names->max, "");
    size_t current = read_number(names, folder, length, names->current, "");
    if (max == SIZE_MAX || current == SIZE_MAX)
        return SIZE_MAX;
    size_t cache = read_number(names, folder, length, "memory.stat", "\ninactive_file ");
    size_t used = current - (cache < current ? cache : 0) + (max >> LIMIT_SPARE_SHIFT);
    return max > used ? max - used : 0;
}

INTERNAL size_t cgroup_room(void) {
    static const struct names v1 = {CGROUP_MOUNT "/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"};
    static const struct names v2 = {CGROUP_MOUNT, "memory.max", "memory.current"};
    char text[TEXT_MOST_BYTES];
    platform_read_file(CGROUP_OF_PROCESS, text, sizeof text);
    const char *of_v1 = strstr(text, ":memory:"), *of_v2 = strstr(text, "0::");
    if (!of_v1 && !of_v2)
        return SIZE_MAX;
    const char *folder = of_v1 ? of_v1 + strlen(":memory:") : of_v2 + strlen("0::");
    int length = (int)strcspn(folder, "\n");
    size_t room = room_of(of_v1 ? &v1 : &v2, folder, length);
    while (length > 0) {
        while (length > 0 && folder[--length] != '/')
            ;
        room = min_size(room, room_of(of_v1 ? &v1 : &v2, folder, length));
    }
    return room;
}
