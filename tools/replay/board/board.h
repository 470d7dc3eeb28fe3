/*
 * board.h - candidates side by side: what each needs of memory, of searching and of time, and which of them
 * no other beats.
 *
 * No single number tells which allocator is best, for memory, bounded searches and speed are bought from each
 * other. So the score is a vector, and the board marks its Pareto front: who stands there is beaten by nobody
 * in all respects at once. One front is of memory and searches, the same on every run, among policies; the
 * other is of memory and time, among all.
 */
#ifndef HALLOC_REPLAY_BOARD_H
#define HALLOC_REPLAY_BOARD_H

#include "../candidate.h"
#include "../measure/conduct.h"

struct entry {
    const struct candidate *candidate;
    struct ending ending; /* what went wrong, if anything did */
    bool has_score, has_memory, has_time;
    bool told;            /* the memory of a whole allocator by its own word, not the kernel's */
    struct score score;   /* policies; of others only what memory tells */
    uint64_t ns;          /* the fastest pass, the harness's share included */
    bool front, front_ns; /* on the front of memory and searches; of memory and time */
};

struct board {
    const struct trace *trace;
    const char *path;
    const char *own; /* the name of a candidate to be pointed at, or NULL */
    bool threads, checked;
    uint64_t replayed;   /* operations that call the allocator */
    uint64_t harness_ns; /* all of them on the allocator that does nothing; 0: not measured */
    struct entry *entries;
    size_t count;
};

/* Nanoseconds an operation, the harness's taken off. */
double board_ns(const struct board *board, const struct entry *entry);
double board_seconds(const struct board *board, const struct entry *entry);

/* Is it worse than `by` in some aspect, and better in none? Less is better in each. */
#define BOARD_ASPECTS 4
bool board_is_beaten(const double aspects[BOARD_ASPECTS], const double by[BOARD_ASPECTS]);

/* Marks both fronts. */
void board_mark(struct board *board);

void board_print(const struct board *board);
/* The two halves of that: several boards need one legend. */
void board_print_table(const struct board *board);
void board_print_legend(bool oracle, bool resident, bool timed);
/* What points at the board's own candidate, at its line's end; nothing, at others'. */
const char *board_pointer(const char *own, const struct candidate *candidate);
void board_print_json(const struct board *board);
/* Quoted, for JSON. */
void board_print_string(const char *text);

#endif
