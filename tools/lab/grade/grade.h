/*
 * grade.h - `halloc lab grade`: points for a class, by a rubric.
 *
 *      rubric.c       the file that says what gives how many points      rubric_read
 *      submission.c   one submission, compiled, checked and weighed      submission_grade
 *      includes.c     what it includes from elsewhere                    includes_tell
 *      print_grade.c  rows of CSV, Gradescope's results.json, Autolab    report_csv
 *      cmd_grade.c    the class, some submissions at a time              lab_grade
 *
 * Nothing here depends on time, or on the order in which submissions end. So two runs print the same bytes.
 */
#ifndef HALLOC_LAB_GRADE_H
#define HALLOC_LAB_GRADE_H

#include "../check.h"
#include "../lab.h"

#define RUBRIC_LEVELS 16
#define RUBRIC_TRACES 64

/* --- rubric.c ------------------------------------------------------------------------------------------- */

enum measure { MEASURE_CORRECT, MEASURE_OVERHEAD, MEASURE_PROBES, MEASURES };

/* All points up to `full`, none from `none` on, and a straight line between. In thousandths. */
struct criterion {
    long points, full, none;
};

struct level {
    char name[32];
    long points; /* in thousandths */
};

struct rubric {
    struct criterion criteria[MEASURES];
    struct level levels[RUBRIC_LEVELS]; /* the highest first */
    size_t level_count;
    char *traces[RUBRIC_TRACES];
    size_t trace_count;
    char file[128]; /* its name in each folder; "": the only .c file */
    struct trial_options trial;
};

/* NULL: the usual rubric. False: the error was printed, with its line. */
bool rubric_read(struct rubric *rubric, const char *path);
void rubric_free(struct rubric *rubric);
/* The rubric for one submission. Searches of a whole allocator can't be counted: its other points are scaled
 * so that they are as many. */
struct rubric rubric_for(const struct rubric *rubric, bool whole);
const char *measure_name(enum measure measure);
/* The points for this value, in thousandths. */
long criterion_points(const struct criterion *criterion, long value);
const char *rubric_level(const struct rubric *rubric, long points);

/* --- submission.c --------------------------------------------------------------------------------------- */

#define GRADE_TEXT 1000

struct grade {
    bool ended;   /* for who waits for it */
    bool machine; /* a fault of the machine, so there is no grade; `message` says which */
    bool judged;  /* it was compiled and checked; if not, `message` says why */
    bool whole;   /* a whole allocator: its searches can't be counted */
    bool counted; /* its probes are known */
    bool failed;
    size_t passed, traces;
    long values[MEASURES], points[MEASURES], total; /* in thousandths */
    char rule[32], file[256], message[GRADE_TEXT];
};

/* Finds the file of a submission, which is a folder, or the file itself. False: grade->message says why. */
bool submission_find(const char *path, const struct rubric *rubric, struct grade *grade,
                     char source[PATH_MAX]);
/* For a process of its own, since learners' code runs in its children. */
void submission_grade(const char *path, const struct rubric *rubric, struct grade *grade);

/* --- includes.c ----------------------------------------------------------------------------------------- */

/* Adds to `text` the files that were included from elsewhere than the submission, the system and halloc. */
void includes_tell(const char *path, const struct compiled *compiled, char *text, size_t bytes);

/* --- print_grade.c -------------------------------------------------------------------------------------- */

void report_csv_head(void);
void report_csv(const char *path, const struct rubric *rubric, const struct grade *grade);
void report_gradescope(const struct rubric *rubric, const struct grade *grade);
void report_autolab(const struct rubric *rubric, const struct grade *grade);
void report_words(const char *path, const struct rubric *rubric, const struct grade *grade);

#endif
