/*
 * check.h - `halloc lab check`: from a policy's source to the shortest trace on which it fails.
 */
#ifndef HALLOC_LAB_CHECK_H
#define HALLOC_LAB_CHECK_H

#include "../tour/draw.h"
#include "trial/trial.h"

#include <limits.h>

/* --- compile.c ---------------------------------------------------------------------------------------- */

struct compiled {
    char folder[PATH_MAX];         /* our own folder, until compile_end */
    char object[PATH_MAX + 32];    /* the policy's shared object */
    char reporting[PATH_MAX + 32]; /* the same policy, compiled so that it reports its reads */
    char include[PATH_MAX];        /* the folder of halloc.h */
    char includes[PATH_MAX + 32];  /* a file that names each file which was included, as for make */
    char said[PATH_MAX + 32];      /* the file that the compiler writes its errors to; or "" */
    char why[400];                 /* why it does not compile; or that a return is missing; or "" */
    bool machine;                  /* it is no fault of the source: a full disk, no linker */
};

/* For a race also the second object is made (looks.c). For a grade it is made if it can be. */
enum compile_use { COMPILE_TO_CHECK, COMPILE_TO_RACE, COMPILE_TO_GRADE };

/* Compiles, but loads nothing. False: the error was printed, as the compiler said it. The caller must call
 * compile_end in both cases. */
bool compile_policy(struct compiled *compiled, const char *who, const char *source, enum compile_use use);
void compile_end(const struct compiled *compiled);

/* --- memlib.c ----------------------------------------------------------------------------------------- */

/* Does this source ask for mem_sbrk or for mm.h? Then memlib.h, mm.h and memlib.c come into the folder. */
bool memlib_is_wanted(const char *source);
bool memlib_write(const char *folder, char path[PATH_MAX + 32]);
/* Writes a file of ours. */
bool file_write(const char *path, const char *text);

/* --- looks.c ------------------------------------------------------------------------------------------ */

/* Makes compiled->reporting, which reports its reads. If this compiler can't, only halloc_probe counts. If
 * the file hides its reads, nothing is known of its searches. `call` runs a compiler. */
enum looks { LOOKS_COUNTED, LOOKS_UNKNOWN, LOOKS_HIDDEN };
typedef bool compiler_call(struct compiled *compiled, const char *who, const char *source,
                           const char *const *arguments);
enum looks looks_compile(struct compiled *compiled, const char *who, const char *include, const char *source,
                         compiler_call *call);

/* --- shrink.c ----------------------------------------------------------------------------------------- */

/* Leaves out calls while the rest fails the same way and time lasts. `stage` has the last failure, with
 * pictures. True: no further call can be left out. */
bool shrink(struct calls *calls, struct trial_options options, struct stage *stage);

/* --- What came of it ---------------------------------------------------------------------------------- */

#define CHECKED_MOST 256

struct checked {
    const char *trace; /* its path, or the built-in's name */
    size_t operations, looks;
    uint64_t probes, finds;
    struct proof proof;
    struct warnings warnings;
};

struct outcome {
    const char *source;
    char policy[64]; /* its name */
    struct checked checked[CHECKED_MOST];
    size_t checked_count, passed_count;
    const char *failed_trace; /* the first that failed; NULL */
    bool printed;             /* it printed something */
    bool failed;              /* it failed on the last of them; then: */
    struct verdict first;     /* the failure as it was found */
    uint64_t number;          /* the number of the call in that trace */
    struct calls calls;       /* the shortest trace */
    bool smallest;            /* no call of it can be left out */
    struct stage *stage;      /* the stage of that trace */
    const struct call *last;  /* the call that fails; NULL: the heap could not even be made */
    char *said;               /* what the policy printed */
    const char *saved;        /* the file's name; NULL: not saved */
    bool unsaved;             /* it could not be */
};

struct lab_options;
/* Loads it, and checks it on each trace. False: it can't be, and *why says why. The stage is the caller's. */
bool check_all(struct outcome *outcome, const struct lab_options *options, const struct compiled *compiled,
               const char **why);
void outcome_free(struct outcome *outcome);

void outcome_print(const struct outcome *outcome);
void outcome_print_json(const struct outcome *outcome);
/* Something could not be checked. */
void outcome_print_refusal(const char *source, const char *why);

/* In words, "" if set->cursor was not stale when the heap broke. Otherwise blames the hook that left it
 * stale, not the hook that failed later. */
#define STALE_WORDS 300
const char *outcome_stale(const struct outcome *outcome, char words[STALE_WORDS]);
/* The hook that is to blame. */
enum hook outcome_suspect(const struct outcome *outcome);

/* The screen for this terminal. */
struct tour_screen picture_screen(void);

/* "+176, a block in use": where set->cursor leads. */
#define CURSOR_WORDS 80
const char *cursor_words(const struct look *look, char words[CURSOR_WORDS]);

/* Draws the blocks around `place`, from low addresses to high, and prints a table of them. */
void picture_print(const struct look *look, uint64_t place, const char *title);

/* The name of a failing trace: "my_policy.failing.htrace", in the current folder. The caller frees it. */
char *failing_name(const char *source);

#endif
