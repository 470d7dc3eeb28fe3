/* complain.c - what is wrong with a file, and why its recording stopped, in words. */
#include "inside.h"
#include "../../base/fail.h"
#include "../../base/words.h"

#include <inttypes.h>
#include <stdio.h>

int trace_complain(const char *who, const char *path, const struct trace_problem *problem) {
    char place[40] = "";
    if (problem->offset != TRACE_NO_OFFSET)
        snprintf(place, sizeof place, "at byte %" PRIu64 ": ", problem->offset);
    fail(who, "%s: %s%s", path, place, problem->what);
    return 1;
}

int trace_complain_damage(const char *who, const char *path, const struct trace *trace) {
    const struct trace_problem *damage = trace_damage(trace);
    if (!damage->found)
        return 0;
    trace_complain(who, path, damage);
    uint64_t operations = trace_totals(trace)->operations;
    char words[WORD_BYTES];
    if (operations)
        fprintf(stderr, "%s: the %s before that %s used\n", who, word_many(operations, "operation", words),
                operations == 1 ? "was" : "were");
    else
        fprintf(stderr, "%s: nothing before that could be used\n", who);
    return 1;
}

const char *trace_stop_words(uint32_t stop) {
    switch (stop) {
    case STOP_NOT: return NULL;
    case STOP_NO_ROOM: /* also: the trace has taken half of the free room */ return "no room on the disk";
    case STOP_LIMIT: return "the limit on the size of files";
    case STOP_BOUND: return "as much as was asked for is recorded (--limit)";
    case STOP_NO_MEMORY: return "the process may not map what the recorder needs (see ulimit -v)";
    default: return "the file could not be opened any more";
    }
}

const char *trace_stopped(const struct trace *trace) {
    return trace_stop_words(trace->file->stopped);
}

const char *trace_unfreed(const struct trace *trace, bool long_words) {
    if (!trace_stopped(trace) && !trace_damage(trace)->found)
        return "never freed";
    return long_words ? "not freed in what was recorded" : "not freed yet";
}
