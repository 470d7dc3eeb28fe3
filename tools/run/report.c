/*
 * report.c - reads the records: how each process ended, and the figures that are computed from others.
 *
 * A process takes a record when it starts, and another after exec. A child of fork takes one of its own. So
 * several records of one pid are one process, in the order of its programs.
 */
#include "run.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

bool report_is_whole(const struct report *report, size_t index) {
    return load_acquire(&report->records[index].magic) == COUNTERS_MAGIC;
}

static bool is_last_of_its_process(const struct report *report, size_t index) {
    for (size_t later = index + 1; later < report->count; later++)
        if (report_is_whole(report, later) && report->records[later].pid == report->records[index].pid)
            return false;
    return true;
}

bool report_is_main(const struct report *report, size_t index) {
    return report->records[index].pid == (uint64_t)report->pid && is_last_of_its_process(report, index);
}

size_t report_programs(const struct report *report) {
    size_t whole = 0;
    for (size_t index = 0; index < report->count; index++)
        whole += report_is_whole(report, index);
    return whole;
}

size_t report_processes(const struct report *report) {
    size_t processes = 0;
    for (size_t index = 0; index < report->count; index++)
        processes += report_is_whole(report, index) && is_last_of_its_process(report, index);
    return processes;
}

void report_gather(struct report *report) {
    uint64_t taken = load_acquire(&report->file->taken);
    report->count = taken < COUNTERS_RECORDS_MOST ? (size_t)taken : COUNTERS_RECORDS_MOST;
    report->left_out = taken - report->count;
    for (size_t index = 0; index < report->count; index++)
        if (report_is_whole(report, index) && report->records[index].pid == (uint64_t)report->pid)
            return;
    report->why_not = run_why_not(report->command[0]);
}

/* A process that ended but was not waited for counts as ended. */
static bool is_at_work(pid_t pid) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return kill(pid, 0) == 0;
    const char *state = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    return state && strlen(state) > 2 && state[2] != 'Z' && state[2] != 'X';
}

/* Did the program end under another name? After exec, or because it renamed itself: words_ending can't tell
 * these apart. The kernel keeps 15 bytes of a name. */
static bool has_become_another(const struct report *report, const struct counters *record) {
    return report->last_name[0] &&
           strncmp(report->last_name, record->program, sizeof report->last_name - 1) != 0;
}

enum ending report_ending(const struct report *report, size_t index) {
    const struct counters *record = &report->records[index];
    if (load_relaxed(&record->ended))
        return ENDED_BY_EXIT;
    if (!is_last_of_its_process(report, index))
        return ENDED_BY_EXEC;
    if (record->pid != (uint64_t)report->pid)
        return is_at_work((pid_t)record->pid) ? ENDED_NOT_YET : ENDED_UNKNOWN;
    if (has_become_another(report, record))
        return ENDED_ELSEWHERE;
    return WIFSIGNALED(report->status) ? ENDED_BY_SIGNAL : ENDED_BY__EXIT;
}

bool report_left_halloc(const struct report *report) {
    for (size_t index = 0; index < report->count; index++)
        if (report_is_whole(report, index) && report_is_main(report, index))
            return report_ending(report, index) == ENDED_ELSEWHERE;
    return false;
}

uint64_t report_peak_rss(const struct report *report, size_t index) {
    uint64_t own = load_relaxed(&report->records[index].peak_rss_bytes);
    bool is_alone = report_programs(report) == 1 && report_is_main(report, index);
    return own || !is_alone ? own : (uint64_t)report->usage.ru_maxrss * KIB;
}

static uint64_t difference(uint64_t more, uint64_t less) {
    return more > less ? more - less : 0;
}

static double share_of_others(uint64_t part, uint64_t whole) {
    return whole > part ? 1 - (double)part / (double)whole : 0;
}

double report_fragmentation_at_peak(const struct counters *record) {
    return share_of_others(record->peak_live_bytes, record->peak_occupied_bytes);
}

double report_fragmentation_at_end(const struct counters *record) {
    return share_of_others(record->live_bytes, report_occupied_bytes(record));
}

double report_waste(const struct counters *record) {
    return share_of_others(record->requested_bytes, record->granted_bytes);
}

uint64_t report_inherited_blocks(const struct counters *record) {
    return difference(record->live_blocks + record->frees, record->allocations);
}

uint64_t report_occupied_bytes(const struct counters *record) {
    return difference(record->used_bytes, record->uncarved_bytes);
}

uint64_t report_free_slot_bytes(const struct counters *record) {
    return difference(report_occupied_bytes(record), record->live_bytes);
}

uint64_t report_slabs_live(const struct counters *record) {
    return difference(record->slabs_inherited + record->slabs_made, record->slabs_released);
}

uint64_t report_large_live(const struct counters *record) {
    return difference(record->large_inherited + record->large_taken, record->large_released);
}

/* The largest of any one process. */
static void keep_largest(uint64_t *most, uint64_t value) {
    if (value > *most)
        *most = value;
}

/* The value if it is the same in all records, or "several". */
static void merge_word(char *word, size_t room, const char *other) {
    if (!*word)
        snprintf(word, room, "%s", other);
    else if (strcmp(word, other) != 0)
        snprintf(word, room, "several");
}

/* The counters of events, which are added. */
static void add_counts(struct counters *total, const struct counters *record) {
#define ADD(field) total->field += record->field
    ADD(allocations), ADD(frees), ADD(resizes), ADD(failures);
    ADD(requested_bytes), ADD(granted_bytes);
    ADD(refills), ADD(remote_batches), ADD(remote_frees);
    ADD(slabs_made), ADD(slabs_released), ADD(slabs_adopted);
    ADD(large_taken), ADD(large_released);
    ADD(purges), ADD(purged_bytes), ADD(threads), ADD(system_calls);
    ADD(policy_finds), ADD(policy_inserts), ADD(policy_removes);
#undef ADD
}

struct counters report_total(const struct report *report) {
    struct counters total = {.magic = COUNTERS_MAGIC};
    for (size_t index = 0; index < report->count; index++) {
        if (!report_is_whole(report, index))
            continue;
        const struct counters *record = &report->records[index];
        add_counts(&total, record);
        keep_largest(&total.peak_live_bytes, record->peak_live_bytes);
        keep_largest(&total.peak_used_bytes, record->peak_used_bytes);
        keep_largest(&total.peak_occupied_bytes, record->peak_occupied_bytes);
        keep_largest(&total.region_bytes, record->region_bytes);
        keep_largest(&total.threads_peak, record->threads_peak);
        keep_largest(&total.peak_rss_bytes, report_peak_rss(report, index));
        merge_word(total.heap, sizeof total.heap, record->heap);
        merge_word(total.fit, sizeof total.fit, record->fit);
    }
    keep_largest(&total.peak_rss_bytes, (uint64_t)report->usage.ru_maxrss * KIB);
    return total;
}
