/*
 * calls.h - a trace as a plain array of calls, from which any may be left out.
 *
 * The lab shrinks traces, so it wants calls that make sense in whatever company remains: an object keeps its
 * number for life, through reallocs too. To free what isn't there means nothing, to resize it begins it.
 */
#ifndef HALLOC_LAB_CALLS_H
#define HALLOC_LAB_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call_kind { CALL_MALLOC, CALL_CALLOC, CALL_ALIGNED, CALL_REALLOC, CALL_FREE };

struct call {
    uint64_t size;
    uint64_t number; /* in the trace that it comes from, from 0 */
    uint32_t object;
    uint8_t kind, alignment_log2;
};

struct calls {
    struct call *list;
    size_t count, room;
    uint32_t objects; /* their numbers are below this */
};

/* What a trace asks of an allocator. False: said why on stderr, as `who`. */
bool calls_read(struct calls *calls, const char *who, const char *path);
/* One of the built-in set, by index; its name, NULL after the last. False in *made: said why. */
const char *calls_generate(struct calls *calls, const char *who, unsigned index, const char *folder,
                           bool *made);
/* The mixture among them, of every kind of call; without a folder. False: out of memory. */
bool calls_mix(struct calls *calls);
bool calls_add(struct calls *calls, struct call call);
void calls_free(struct calls *calls);

/* Leaves out what means nothing, says plainly what the rest is, and numbers objects and calls anew. */
void calls_tidy(struct calls *calls);

/* As F.htrace. False: said why. */
bool calls_write(const struct calls *calls, const char *who, const char *path, const char *command);

/* "c = realloc(c, 100)": objects are a to z, and beyond #27, #28 ... */
#define CALL_WORDS 96
const char *call_words(const struct call *call, char words[CALL_WORDS]);
#define OBJECT_WORDS 16
const char *object_word(uint32_t object, char word[OBJECT_WORDS]);

#endif
