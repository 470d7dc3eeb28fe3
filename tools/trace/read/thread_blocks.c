/*
 * thread_blocks.c - the blocks of each thread, the numbers of objects, and the facts in a trace's header.
 *
 * A file has its blocks in the order of their beginnings, with all threads mixed. Here each thread gets a
 * list of its blocks. Its objects, which it counts from 0, get numbers in the whole trace.
 */
#include "inside.h"

#include <stdlib.h>

static struct block_entry *blocks_of(struct trace *trace) {
    return trace->blocks.items;
}

static uint32_t count_threads(struct trace *trace) {
    uint32_t most = 0;
    for (size_t index = 0; index < trace->blocks.count; index++)
        if (blocks_of(trace)[index].block->thread >= most)
            most = blocks_of(trace)[index].block->thread + 1;
    return most;
}

static void add_up(struct trace *trace) {
    uint32_t first = 0;
    for (uint32_t thread = 0; thread < trace->thread_count; thread++) {
        trace->threads[thread].first_block = first;
        first += trace->threads[thread].blocks;
        trace->threads[thread].blocks = 0;
    }
    for (size_t index = 0; index < trace->blocks.count; index++) {
        struct block_entry *entry = &blocks_of(trace)[index];
        struct thread_entry *thread = &trace->threads[entry->block->thread];
        trace->order[thread->first_block + thread->blocks++] = (uint32_t)index;
        entry->first_operation = thread->operations;
        entry->first_object = thread->objects;
        thread->operations += entry->count;
        thread->objects += entry->begins;
    }
    uint64_t base = 0;
    for (uint32_t thread = 0; thread < trace->thread_count; thread++) {
        trace->threads[thread].object_base = base;
        base += trace->threads[thread].objects;
    }
}

bool trace_gather_threads(struct trace *trace, struct trace_problem *problem) {
    free(trace->order);
    free(trace->threads);
    trace->thread_count = count_threads(trace);
    trace->order = calloc(trace->blocks.count + 1, sizeof *trace->order);
    trace->threads = calloc(trace->thread_count + 1, sizeof *trace->threads);
    if (!trace->order || !trace->threads)
        return trace_damaged(problem, 0, "out of memory");
    for (size_t index = 0; index < trace->blocks.count; index++)
        trace->threads[blocks_of(trace)[index].block->thread].blocks++;
    add_up(trace);
    return true;
}

/* --- The facts in the header ---------------------------------------------------------------------- */

const struct trace_totals *trace_totals(const struct trace *trace) {
    return &trace->totals;
}

const struct trace_problem *trace_damage(const struct trace *trace) {
    return &trace->damage;
}

const char *trace_command(const struct trace *trace) {
    return trace->command;
}

uint32_t trace_pid(const struct trace *trace) {
    return trace->file->pid;
}

uint32_t trace_parent_pid(const struct trace *trace) {
    return trace->file->parent_pid;
}

uint64_t trace_started_at(const struct trace *trace) {
    return trace->file->started_at;
}

bool trace_has_times(const struct trace *trace) {
    return trace->file->columns >> COLUMN_TIMES & 1;
}

bool trace_has_sites(const struct trace *trace) {
    return trace->file->columns >> COLUMN_SITES & 1;
}

bool trace_has_addresses(const struct trace *trace) {
    return trace->file->columns >> COLUMN_PLACES & 1;
}

const struct trace_mark *trace_marks(const struct trace *trace, size_t *count) {
    *count = trace->marks.count;
    return trace->marks.items;
}
