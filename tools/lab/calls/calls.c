/*
 * calls.c - see calls.h: reads, tidies, writes and describes calls.
 */
#include "calls.h"
#include "../../trace/write/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT_GONE UINT32_MAX

/* --- Reading ------------------------------------------------------------------------------------------ */

bool calls_add(struct calls *calls, struct call call) {
    if (calls->count == calls->room) {
        size_t room = calls->room ? 2 * calls->room : 1024;
        struct call *list = reallocarray(calls->list, room, sizeof *list);
        if (!list)
            return false;
        calls->list = list;
        calls->room = room;
    }
    calls->list[calls->count++] = call;
    return true;
}

void calls_free(struct calls *calls) {
    free(calls->list);
    *calls = (struct calls){0};
}

/* `own` has the new number of each object of the trace. */
static bool add_operation(struct calls *calls, uint32_t *own, const struct operation *operation) {
    static const uint8_t kinds[] = {CALL_MALLOC, CALL_CALLOC, CALL_ALIGNED, CALL_REALLOC};
    struct call call = {operation->size, operation->number, 0, CALL_FREE, operation->alignment_log2};
    uint64_t ended = operation_ended_object(operation);
    if (operation_begins_object(operation)) {
        bool goes_on = operation->kind == OPERATION_REALLOC && ended != OBJECT_NONE;
        call.kind = kinds[operation->kind];
        call.object = goes_on ? own[ended] : calls->objects++;
        own[operation->object] = call.object;
        return calls_add(calls, call);
    }
    if (ended == OBJECT_NONE)
        return true;
    call.object = own[ended];
    call.size = 0;
    return calls_add(calls, call);
}

bool calls_read(struct calls *calls, const char *who, const char *path) {
    struct trace_problem problem;
    struct trace *trace = trace_open(path, &problem);
    *calls = (struct calls){0};
    if (!trace)
        return trace_complain(who, path, &problem) == 0;
    struct trace_cursor *cursor = trace_cursor_open(trace);
    uint64_t objects = trace_totals(trace)->objects;
    uint32_t *own = objects < OBJECT_GONE ? calloc(objects + 1, sizeof *own) : NULL;
    struct operation operation;
    bool good = cursor && own;
    while (good && trace_next(cursor, &operation))
        good = add_operation(calls, own, &operation);
    if (!good)
        fprintf(stderr, "%s: %s: no memory for its operations\n", who, path);
    bool whole = !trace_complain_damage(who, path, trace);
    free(own);
    trace_cursor_close(cursor);
    trace_close(trace);
    return good && whole;
}

/* --- Tidying ------------------------------------------------------------------------------------------ */

void calls_tidy(struct calls *calls) {
    uint32_t *own = malloc(((size_t)calls->objects + 1) * sizeof *own), objects = 0;
    size_t kept = 0;
    if (!own)
        return; /* untidy calls are as good, only longer */
    memset(own, 0xff, ((size_t)calls->objects + 1) * sizeof *own);
    for (size_t index = 0; index < calls->count; index++) {
        struct call call = calls->list[index];
        uint32_t *mine = &own[call.object];
        if (call.kind == CALL_FREE && *mine == OBJECT_GONE)
            continue;
        if (call.kind == CALL_REALLOC && *mine == OBJECT_GONE)
            call.kind = CALL_MALLOC;
        if (*mine == OBJECT_GONE)
            *mine = objects++;
        call.object = *mine;
        if (call.kind == CALL_FREE)
            *mine = OBJECT_GONE;
        call.number = kept;
        calls->list[kept++] = call;
    }
    calls->count = kept;
    calls->objects = objects;
    free(own);
}

/* --- Writing ------------------------------------------------------------------------------------------ */

static void write_call(struct trace_writer *writer, uint64_t *names, const struct call *call) {
    static const enum operation_kind kinds[] = {OPERATION_MALLOC, OPERATION_CALLOC, OPERATION_ALIGNED};
    uint64_t *name = &names[call->object];
    if (call->kind == CALL_FREE)
        trace_write_free(writer, 0, *name);
    else if (call->kind == CALL_REALLOC)
        *name = trace_write_realloc(writer, 0, *name, call->size);
    else
        *name = trace_write_begin(writer, 0, kinds[call->kind], call->size, call->alignment_log2);
}

bool calls_write(const struct calls *calls, const char *who, const char *path, const char *command) {
    uint64_t *names = calloc((size_t)calls->objects + 1, sizeof *names);
    struct trace_writer *writer = names ? trace_writer_open(path, command, false) : NULL;
    struct trace_problem problem;
    if (!writer)
        trace_writer_complain(who, path);
    for (size_t index = 0; writer && index < calls->count; index++)
        write_call(writer, names, &calls->list[index]);
    free(names);
    if (!writer)
        return false;
    if (trace_writer_close(writer, &problem))
        return true;
    trace_complain(who, path, &problem);
    return false;
}

/* --- Saying ------------------------------------------------------------------------------------------- */

const char *object_word(uint32_t object, char word[OBJECT_WORDS]) {
    if (object < 26)
        snprintf(word, OBJECT_WORDS, "%c", (char)('a' + object));
    else
        snprintf(word, OBJECT_WORDS, "#%" PRIu32, object + 1);
    return word;
}

const char *call_words(const struct call *call, char words[CALL_WORDS]) {
    char name[OBJECT_WORDS];
    object_word(call->object, name);
    switch (call->kind) {
    case CALL_MALLOC: snprintf(words, CALL_WORDS, "%s = malloc(%" PRIu64 ")", name, call->size); break;
    case CALL_CALLOC: snprintf(words, CALL_WORDS, "%s = calloc(1, %" PRIu64 ")", name, call->size); break;
    case CALL_ALIGNED:
        snprintf(words, CALL_WORDS, "%s = aligned_alloc(%zu, %" PRIu64 ")", name,
                 (size_t)1 << call->alignment_log2, call->size);
        break;
    case CALL_REALLOC:
        snprintf(words, CALL_WORDS, "%s = realloc(%s, %" PRIu64 ")", name, name, call->size);
        break;
    default: snprintf(words, CALL_WORDS, "free(%s)", name);
    }
    return words;
}
