/*
 * board.h - candidates side by side: the memory, the searches and the time of each. It marks those that no
 * other candidate beats.
 *
 * No single number tells which allocator is best: memory, short searches and speed are traded for each
 * other. So the score is a vector, and the board marks its Pareto front. No other candidate is better in
 * all respects than one on the front. One front is of memory and searches, among policies: it is the same
 * on every run. The other is of memory and time, among all.
 */
#ifndef HALLOC_REPLAY_BOARD_H
#define HALLOC_REPLAY_BOARD_H

#include "../candidate.h"
#include "../measure/conduct.h"

struct entry {
    const struct candidate *candidate;
    struct ending ending; /* the error, if there was one */
    bool has_score, has_memory, has_time;
    bool unsound;         /* its figures mean nothing: it is on no front, and beats nobody */
    bool told;            /* a whole allocator reported its own memory; otherwise the kernel did */
    struct score score;   /* for policies; of others only the memory */
    uint64_t one_thread;  /* --threads, process: the peak if one thread makes all calls; else 0 */
    uint64_t ns;          /* the fastest pass, with the harness's share */
    bool front, front_ns; /* on the front of memory and searches; of memory and time */
};

struct board {
    const struct trace *trace;
    const char *path;
    const char *own; /* the candidate to be marked, or NULL */
    bool threads, checked;
    uint64_t replayed;   /* operations that call the allocator */
    uint64_t harness_ns; /* the time of all of them on the allocator that does nothing; 0: not measured */
    struct entry *entries;
    size_t count;
};

/* Nanoseconds an operation, without the harness's share. */
double board_ns(const struct board *board, const struct entry *entry);
double board_seconds(const struct board *board, const struct entry *entry);

/* Was a byte ever asked for? If not, there is no heap / live. */
bool board_has_live(const struct board *board);

/* The peak with the threads apart, and with one thread, are far from each other: so it depends on which
 * threads meet, and no run predicts another. */
bool board_is_unsure(const struct entry *entry);

/* Is it worse than `by` in some respect, and better in none? Less is better in each. */
#define BOARD_ASPECTS 4
bool board_is_beaten(const double aspects[BOARD_ASPECTS], const double by[BOARD_ASPECTS]);

/* Marks both fronts. */
void board_mark(struct board *board);

void board_print(const struct board *board);
/* The two parts of board_print: several boards need one legend. */
void board_print_table(const struct board *board);
void board_print_legend(bool oracle, bool resident, bool timed);
/* The mark at the line's end of the board's own candidate; empty for others. */
const char *board_pointer(const char *own, const struct candidate *candidate);
void board_print_json(const struct board *board);

#endif
