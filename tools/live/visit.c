/* visit.c - see visit.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "visit.h"

#include "census.h"
#include "pause.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How often a heap that changes is looked at again, and how long after. */
#define LOOKS_MOST 100
#define AGAIN_US 500

static const char *words_for(enum census_result result) {
    static char room[200];
    switch (result) {
    case CENSUS_DONE: return NULL;
    case CENSUS_TORN: return "its heap changes faster than it can be read";
    case CENSUS_CLASSIC:
        return "runs on the classic heap (HALLOC_CONF=heap:classic), and only the process heap is read";
    case CENSUS_NOT_STARTED: return "has not allocated anything yet";
    case CENSUS_STRANGE: return "its heap can't be understood: it is damaged, or of another version";
    default:
        snprintf(room, sizeof room, "it ended meanwhile, or can't be read: %s", strerror(errno));
        return room;
    }
}

static void describe(struct view *view, const struct target *target) {
    view->pid = (uint64_t)target->far.pid;
    view->taken_at = (uint64_t)time(NULL);
    snprintf(view->program, sizeof view->program, "%s", target->program);
    snprintf(view->build_id, sizeof view->build_id, "%s", target->layout.build_id);
}

/* Everything within one pause: heap and mappings are of one moment. */
static enum census_result look_once(const struct target *target, bool paused, struct view *view) {
    struct mapping_hints hints;
    struct pause pause = {0};
    view_free(view);
    describe(view, target);
    if (paused && !pause_begin(&pause, target->far.pid))
        return CENSUS_FAILED;
    enum census_result result = census_take(target, view, &hints);
    hints.library = target->is_library ? target->file : NULL;
    if (result == CENSUS_DONE && !mappings_read(view, target->far.pid, &hints))
        result = CENSUS_FAILED;
    int error = errno;
    view->paused_ns = pause_end(&pause);
    errno = error;
    return result;
}

static const char *visit_target(const struct target *target, bool paused, struct view *view) {
    enum census_result result = CENSUS_TORN;
    for (unsigned looks = 0; looks < LOOKS_MOST && result == CENSUS_TORN; looks++) {
        if (looks)
            usleep(AGAIN_US);
        result = look_once(target, paused, view);
    }
    if (result == CENSUS_FAILED && paused && errno == EPERM)
        return "can't be held: a debugger or strace has it, or it is not yours. --no-pause looks without "
               "that";
    return words_for(result);
}

pid_t visit_pid(const char *word) {
    char *end;
    errno = 0;
    long pid = strtol(word, &end, 10);
    return *word && !*end && !errno && pid > 0 && pid < INT32_MAX ? (pid_t)pid : 0;
}

const char *visit(pid_t pid, bool paused, struct view *view) {
    struct target target;
    *view = (struct view){0};
    const char *why = target_open(&target, pid);
    if (why)
        return why;
    why = visit_target(&target, paused, view);
    target_close(&target);
    return why;
}

size_t visit_all(void (*each)(const struct view *view, const char *why, void *context), void *context) {
    size_t count = 0;
    DIR *folder = opendir("/proc");
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        struct stat info;
        struct target target;
        struct view view = {0};
        pid_t pid = visit_pid(entry->d_name);
        if (!pid || pid == getpid() || fstatat(dirfd(folder), entry->d_name, &info, 0) != 0 ||
            (geteuid() && info.st_uid != geteuid()))
            continue;
        const char *why = target_open(&target, pid);
        if (!why) {
            why = visit_target(&target, false, &view);
            target_close(&target);
        }
        if (why && !target.is_candidate)
            continue;
        describe(&view, &target);
        view.pid = (uint64_t)pid;
        each(&view, why, context);
        view_free(&view);
        count++;
    }
    if (folder)
        closedir(folder);
    return count;
}
