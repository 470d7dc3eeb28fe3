/*
 * calls.h - a trace as a plain array of calls. Any call may be left out.
 *
 * The lab shortens traces. So the remaining calls must make sense whichever are missing. An object keeps
 * its number for life, through reallocs too. A free of a missing object does nothing, and a resize of a
 * missing object begins it.
 */
#ifndef HALLOC_LAB_CALLS_H
#define HALLOC_LAB_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call_kind { CALL_MALLOC, CALL_CALLOC, CALL_ALIGNED, CALL_REALLOC, CALL_FREE };

struct call {
    uint64_t size;
    uint64_t number; /* its number in the original trace, from 0 */
    uint32_t object;
    uint8_t kind, alignment_log2;
};

struct calls {
    struct call *list;
    size_t count, room;
    uint32_t objects; /* their numbers are below this */
};

/* Reads the calls of a trace. False: the error was printed, as `who`. */
bool calls_read(struct calls *calls, const char *who, const char *path);
/* One of the built-in traces, by index. Returns its name, NULL after the last. *made false: the error was
 * printed. */
const char *calls_generate(struct calls *calls, const char *who, unsigned index, const char *folder,
                           bool *made);
size_t calls_built_in(void); /* their number */
/* The built-in mixture of every kind of call, without a folder. False: out of memory. */
bool calls_mix(struct calls *calls);
bool calls_add(struct calls *calls, struct call call);
void calls_free(struct calls *calls);

/* Removes calls that do nothing, writes the rest in the plainest form, and numbers objects and calls anew.
 * */
void calls_tidy(struct calls *calls);

/* Writes them as F.htrace. False: the error was printed. */
bool calls_write(const struct calls *calls, const char *who, const char *path, const char *command);

/* "c = realloc(c, 100)": objects are a to z, then #27, #28, ... */
#define CALL_WORDS 96
const char *call_words(const struct call *call, char words[CALL_WORDS]);
#define OBJECT_WORDS 16
const char *object_word(uint32_t object, char word[OBJECT_WORDS]);

#endif
