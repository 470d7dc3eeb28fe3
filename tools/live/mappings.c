/* mappings.c - see mappings.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "mappings.h"

#include "../base/plain.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Kinds --------------------------------------------------------------------------------------------- */

static bool overlaps(const struct mapping *mapping, uint64_t from, uint64_t to) {
    return mapping->from < to && from < mapping->to;
}

/* Thread caches lie in mappings of their own. */
static bool has_cache(const struct mapping *mapping, const struct view *view) {
    for (size_t thread = 0; thread < view->thread_count; thread++)
        if (overlaps(mapping, view->threads[thread].cache, view->threads[thread].cache + 1))
            return true;
    return false;
}

static bool is_table(const struct mapping *mapping, const struct mapping_hints *hints) {
    for (size_t index = 0; index < hints->tables; index++)
        if (overlaps(mapping, hints->tables_from[index], hints->tables_to[index]))
            return true;
    return false;
}

/* An anonymous mapping right behind a file's belongs to it: variables that start as zero. */
static enum mapping_kind kind_of(const struct mapping *mapping, const struct mapping *before,
                                 const struct view *view, const struct mapping_hints *hints) {
    const char *name = mapping->name, *slash = strrchr(name, '/');
    if (overlaps(mapping, hints->region_from, hints->region_to))
        return MAPPING_REGION;
    if (is_table(mapping, hints) || has_cache(mapping, view))
        return MAPPING_TABLES;
    if (strncmp(name, "[stack", 6) == 0)
        return MAPPING_STACK;
    if (strcmp(name, "[heap]") == 0)
        return MAPPING_BREAK;
    if (strstr(name, "/dev/shm/") || strstr(name, "/SYSV") || strstr(name, "memfd:") ||
        strstr(name, "/dev/zero"))
        return MAPPING_SHARED;
    if (slash || name[0] == '[')
        return MAPPING_FILE;
    bool follows = before && before->to == mapping->from && before->name[0] &&
                   (before->kind == MAPPING_FILE || before->kind == MAPPING_LIBRARY);
    return follows ? before->kind : MAPPING_OTHER;
}

/* --- smaps --------------------------------------------------------------------------------------------- */

static bool add_mapping(struct view *view, const char *line, const struct mapping_hints *hints) {
    unsigned long from, to;
    char name[4200] = "";
    if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %4199[^\n]", &from, &to, name) < 2)
        return true;
    struct mapping *room = view_room(view->mappings, view->mapping_count, sizeof *room);
    if (!room)
        return false;
    view->mappings = room;
    struct mapping *mapping = &room[view->mapping_count];
    *mapping = (struct mapping){.from = from, .to = to};
    size_t length = strlen(name), most = sizeof mapping->name - 1;
    memcpy(mapping->name, name + (length > most ? length - most : 0), length > most ? most : length);
    plain(mapping->name);
    mapping->kind = hints->library && strcmp(name, hints->library) == 0
                        ? MAPPING_LIBRARY
                        : kind_of(mapping, view->mapping_count ? mapping - 1 : NULL, view, hints);
    view->mapping_count++;
    return true;
}

static void add_figure(struct mapping *mapping, const char *line) {
    struct {
        const char *name;
        uint64_t *to;
    } const figures[] = {{"Rss:", &mapping->resident},
                         {"AnonHugePages:", &mapping->huge},
                         {"Locked:", &mapping->locked},
                         {"Swap:", &mapping->swapped}};
    for (size_t index = 0; index < sizeof figures / sizeof *figures; index++) {
        size_t length = strlen(figures[index].name);
        if (strncmp(line, figures[index].name, length) == 0)
            *figures[index].to = strtoull(line + length, NULL, 10) * 1024;
    }
}

static bool read_smaps(struct view *view, pid_t pid, const struct mapping_hints *hints) {
    char path[64], line[4400];
    snprintf(path, sizeof path, "/proc/%d/smaps", (int)pid);
    FILE *smaps = fopen(path, "re");
    bool done = smaps;
    while (done && fgets(line, sizeof line, smaps)) {
        if (strchr("0123456789abcdef", line[0]))
            done = add_mapping(view, line, hints);
        else if (view->mapping_count)
            add_figure(&view->mappings[view->mapping_count - 1], line);
    }
    if (smaps)
        fclose(smaps);
    return done && view->mapping_count;
}

/* --- Stacks -------------------------------------------------------------------------------------------- */

/* A thread's stack is the mapping that its stack pointer lies in. The kernel tells it of a thread that waits
 * or is held, in the last two words of this file. */
static void mark_stack(struct view *view, const char *path) {
    char line[400];
    FILE *file = fopen(path, "re");
    char *text = file ? fgets(line, sizeof line, file) : NULL;
    if (file)
        fclose(file);
    char *last = text ? strrchr(text, ' ') : NULL;
    if (!last)
        return;
    *last = 0;
    char *word = strrchr(text, ' ');
    uint64_t pointer = word ? strtoull(word, NULL, 16) : 0;
    for (size_t index = 0; index < view->mapping_count; index++) {
        struct mapping *mapping = &view->mappings[index];
        if (mapping->kind == MAPPING_OTHER && overlaps(mapping, pointer, pointer + 1))
            mapping->kind = MAPPING_STACK;
    }
}

static void mark_stacks(struct view *view, pid_t pid) {
    char path[400];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (atoi(entry->d_name) <= 0)
            continue;
        view->tasks++;
        snprintf(path, sizeof path, "/proc/%d/task/%s/syscall", (int)pid, entry->d_name);
        mark_stack(view, path);
    }
    if (folder)
        closedir(folder);
}

bool mappings_read(struct view *view, pid_t pid, const struct mapping_hints *hints) {
    if (!read_smaps(view, pid, hints))
        return false;
    mark_stacks(view, pid);
    return true;
}
