/*
 * explain.h - why a heap is as it is, in sentences: each number in them is the replay's own.
 *
 *      ask.c                 five questions: an operation, an address, the peak, the end, the first failure
 *      explain_operation.c   what one operation did, and why: the hole that it took, why the heap grew
 *      holes.c               which blocks pin the holes
 *      holders.c             which call sites hold the live bytes
 *      account.c             where the bytes of the process heap are, and who keeps nearly empty slabs
 *      indexed_best.c        what best fit would have done, replayed in little time
 *      say.c                 sentences for people, and the same numbers for programs
 *
 * An explanation looks at two moments. The reasons are in the heap just before an operation. The second is
 * the operation's own event. A replay tells whether another policy would have done better. That takes as
 * long as all the rest, so it comes last, after the rest has been printed.
 */
#ifndef HALLOC_EXPLAIN_EXPLAIN_H
#define HALLOC_EXPLAIN_EXPLAIN_H

#include "../map/bytes.h"
#include "../map/facts.h"
#include "../map/moment.h"
#include "../map/picture/picture.h"
#include "../base/words.h"

struct explanation {
    const struct trace *trace;
    const char *fit;
    /* The largest size of the heap, as asked for and in whole pages; 0: no limit. */
    size_t limit_asked, limit_bytes;
    struct serial *serial;
    struct moment before;      /* the heap before the operation ...            */
    struct serial_event event; /* ... and what the operation did               */
    struct facts facts;        /* facts about the objects in it, and about the operation's */
    struct serial_event asked; /* best fit is to be replayed up to here, if ... */
    bool compares;
    struct bytes text, json;
};

/* --- Saying (say.c) --------------------------------------------------------------------------------- */

/* A piece of a sentence; "\n" ends a paragraph. */
__attribute__((format(printf, 2, 3))) void say(struct explanation *why, const char *format, ...);
/* Ends the paragraph, if it has not ended. */
void say_stop(struct explanation *why);
/* A member of the JSON object. */
void tell_number(struct explanation *why, const char *key, uint64_t number);
void tell_words(struct explanation *why, const char *key, const char *words);
void tell_truth(struct explanation *why, const char *key, bool truth);

/* "40 B", "1,024 B", "1.9 MiB". */
const char *exact_bytes(uint64_t bytes, char room[WORD_BYTES]);
/* "first fit", or "the process heap". */
const char *heap_words(const struct explanation *why, char room[WORD_BYTES]);
static inline bool explains_process(const struct explanation *why) {
    return strcmp(why->fit, SERIAL_PROCESS) == 0;
}
/* "4,096 B (5 B, in whole pages)". */
const char *limit_words(const struct explanation *why, char room[3 * WORD_BYTES]);
/* The logarithm of the power of two that begins the range of `size`. */
unsigned size_range(uint64_t size);
/* "40 B"; or a range if they differ: "64 to 127 B". */
const char *size_words(uint64_t low, uint64_t high, char room[3 * WORD_BYTES]);
/* " from intern (intern.c:88)", or "" where no site was recorded. */
const char *from_site(const struct explanation *why, uint32_t site, char *room, size_t bytes);

/* --- Finding out ------------------------------------------------------------------------------------ */

/* Goes to just before operation `number`, looks, does it, and learns about all objects seen. NULL: done. */
const char *explain_stand(struct explanation *why, uint64_t number);

/* Explains the operation that explain_stand did. */
const char *explain_operation(struct explanation *why);

/* One sentence: which blocks pin the holes of `moment`. */
void explain_pins(struct explanation *why, const struct moment *moment);
/* Which blocks pin one hole, the block of that index. */
void explain_hole(struct explanation *why, const struct moment *moment, size_t index);
/* Which call sites hold most of the live bytes of `moment`; at the end also since when. NULL: done. */
const char *explain_holders(struct explanation *why, const struct moment *moment, bool at_end);
/* Of the process heap: where all bytes are after operation `last`, whose moment this is. NULL: done. */
const char *explain_ledger(struct explanation *why, const struct moment *moment, uint64_t last);
/* Describes an object: its call site, its beginning, its end. */
void say_who(struct explanation *why, uint64_t object, uint64_t requested);

/* --- The questions (ask.c): NULL, or why there is no answer ------------------------------------------ */

const char *explain_at_operation(struct explanation *why, uint64_t number);
const char *explain_at_peak(struct explanation *why);
const char *explain_at_end(struct explanation *why);
/* The byte at `address` of the heap after operation `number`. */
const char *explain_at_address(struct explanation *why, uint64_t address, uint64_t number);
const char *explain_failure(struct explanation *why);

/* The last part of the answer, if there is one. Call it after the answer is printed. */
void explain_compare(struct explanation *why);

/* A policy for serial_open that places blocks as best fit does; NULL: out of memory. One replay at a time.
 * */
const char *best_begin(void);
void best_end(void);

/* Shows what is being done: on a terminal always; elsewhere it prints a line after some seconds. */
void explain_progress(const char *what, uint64_t done, uint64_t all);

void explain_close(struct explanation *why);

#endif
