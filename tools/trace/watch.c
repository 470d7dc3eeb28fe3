/*
 * watch.c - see watch.h.
 *
 * The terminal belongs to the program, so few lines are printed: one at 64 MiB, and one whenever the size
 * has doubled. Each tells the present rate. So the user knows whether the limit is minutes or days away. A
 * file that has stopped growing is always reported: from then on the program runs without being recorded.
 */
#define _GNU_SOURCE 1
#include "watch.h"
#include "format/format.h"
#include "../base/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST_BYTES ((uint64_t)64 << 20)

struct look {
    uint64_t bytes;
};

static char **told; /* paths of files whose stop was reported */
static size_t told_count;
static uint64_t next_bytes = FIRST_BYTES, last_bytes, last_ns;

static bool was_told(const char *path) {
    for (size_t index = 0; index < told_count; index++)
        if (strcmp(told[index], path) == 0)
            return true;
    return false;
}

static void tell_stopped(const char *path, uint32_t stopped) {
    char **moved = was_told(path) ? NULL : reallocarray(told, told_count + 1, sizeof *told);
    if (!moved)
        return;
    told = moved;
    told[told_count] = strdup(path);
    if (told[told_count])
        told_count++;
    launch_fail("%s: recording has stopped: %s; the program goes on", path, trace_stop_words(stopped));
}

static void look_at(void *context, const char *path, const struct trace_file *header) {
    struct look *look = context;
    struct stat status;
    if (stat(path, &status) == 0)
        look->bytes += (uint64_t)status.st_size;
    if (header->stopped)
        tell_stopped(path, header->stopped);
}

static void tell_rate(const struct launch *launch, uint64_t bytes, double seconds) {
    char words[3][WORD_BYTES];
    double rate = bytes > last_bytes && seconds > 0 ? (double)(bytes - last_bytes) / seconds : 0;
    bool bounded = launch->most_bytes != 0;
    launch_fail("%s recorded, %s a second just now%s%s", word_bytes(bytes, words[0]),
                word_bytes((uint64_t)rate, words[1]), bounded ? "; the limit of a file is " : "",
                bounded ? word_bytes(launch->most_bytes, words[2]) : "");
    while (next_bytes <= bytes)
        next_bytes *= 2;
}

void watch_look(const struct launch *launch) {
    struct look look = {0};
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    session_visit_files(launch, look_at, &look);
    if (look.bytes >= next_bytes && !launch->quiet && isatty(STDERR_FILENO))
        tell_rate(launch, look.bytes, (double)(now_ns - last_ns) / 1e9);
    last_bytes = look.bytes;
    last_ns = now_ns;
}

void watch_end(void) {
    while (told_count)
        free(told[--told_count]);
    free(told);
    told = NULL;
}
