/*
 * papers.h - repeats experiments of published papers with our heaps: `halloc papers`.
 *
 *      shore.c           first fit against best fit in a full memory             Shore 1975
 *      fifty_percent.c   how many free blocks there are                          Knuth 1968, Shore 1977
 *      russell.c         what rounding to powers of two costs                    Russell 1977
 *      robson.c          the worst case                                          Robson 1974, Knuth
 *      model.c policy.c  a heap as the papers draw it, and their first fit
 *      calendar.h        which object ends next
 *      print.c           prints all of it, for people and for programs
 *
 * Every experiment is the same on each run: seeds are fixed. A published value was read in the text that
 * `read` names. If we could read no value, the table has none.
 */
#ifndef HALLOC_PAPERS_PAPERS_H
#define HALLOC_PAPERS_PAPERS_H

#include <stdbool.h>
#include <stddef.h>

enum verdict { VERDICT_NO, VERDICT_MOSTLY, VERDICT_YES, VERDICT_NONE /* nothing was published */ };

struct column {
    const char *title; /* for people   */
    const char *key;   /* for programs */
    int decimals;
};

#define COLUMNS_MOST 8
#define ROWS_MOST 24
#define CLAIMS_MOST 6

struct row {
    char label[56];
    double values[COLUMNS_MOST]; /* NaN: no value */
};

/* One claim of the paper, in our words, and our result. */
struct claim {
    const char *key;
    const char *published;
    char ours[160];
    enum verdict verdict;
};

struct result {
    struct row rows[ROWS_MOST];
    size_t row_count;
    struct claim claims[CLAIMS_MOST];
    size_t claim_count;
};

struct paper {
    const char *name;
    const char *title;
    const char *source;  /* author, title, journal, pages, year        */
    const char *read;    /* which text of it we read, and where */
    const char *differs; /* how our experiment differs */
    const char *rows;    /* the heading of the rows' names */
    struct column columns[COLUMNS_MOST];
    bool (*run)(struct result *result); /* false: no memory */
};

extern const struct paper paper_shore, paper_fifty_percent, paper_russell, paper_robson;

/* NULL: the table is full, which is a bug. */
struct row *result_row(struct result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
void result_claim(struct result *result, const char *key, const char *published, enum verdict verdict,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

void papers_print(const struct paper *paper, const struct result *result);
void papers_print_json(const struct paper *paper, const struct result *result, bool first);

#endif
