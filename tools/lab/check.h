/*
 * check.h - `halloc lab check`: from a policy's source to the smallest trace on which it fails.
 */
#ifndef HALLOC_LAB_CHECK_H
#define HALLOC_LAB_CHECK_H

#include "../tour/draw.h"
#include "trial/trial.h"

#include <limits.h>

/* --- compile.c ---------------------------------------------------------------------------------------- */

struct compiled {
    char folder[PATH_MAX];         /* of our own, until compile_end              */
    char object[PATH_MAX + 32];    /* the policy in it                           */
    char reporting[PATH_MAX + 32]; /* the same, and it reports what it reads     */
};

/* To race, the second object is made as well; looks.c says what for. */
enum compile_use { COMPILE_TO_CHECK, COMPILE_TO_RACE };

/* Compiles; loads nothing. False: said why, the compiler in its own words. Either way compile_end is due. */
bool compile_policy(struct compiled *compiled, const char *who, const char *source, enum compile_use use);
void compile_end(const struct compiled *compiled);

/* --- looks.c ------------------------------------------------------------------------------------------ */

/* Makes compiled->reporting. Where that can't be done its name becomes empty, and true is given: counted is
 * then what halloc_probe counts. `call` runs a compiler. */
typedef bool compiler_call(const struct compiled *compiled, const char *who, const char *source,
                           const char *const *arguments);
bool looks_compile(struct compiled *compiled, const char *include, const char *source, compiler_call *call);

/* In a child that scores: from now on each look of this policy's find at a block's size is counted as a
 * probe. The policy to use instead of it; `uncounted` grows by the looks that halloc_probe had not counted.
 * */
const halloc_policy *looks_count(const halloc_policy *policy, uint64_t *uncounted);

/* --- shrink.c ----------------------------------------------------------------------------------------- */

/* Leaves out, as long as the rest fails the same way and time lasts; stage tells of the last failure, with
 * pictures. True: not one call more can go. */
bool shrink(struct calls *calls, struct trial_options options, struct stage *stage);

/* --- What came of it ---------------------------------------------------------------------------------- */

#define CHECKED_MOST 256

struct checked {
    const char *trace; /* its path, or the built-in's name */
    size_t operations, looks;
    struct warnings warnings;
};

struct outcome {
    const char *source;
    char policy[64]; /* its name */
    struct checked checked[CHECKED_MOST];
    size_t checked_count;
    bool printed;            /* it wrote something */
    bool failed;             /* on the last of them; and then: */
    struct verdict first;    /* as it was found there */
    uint64_t number;         /* of the call, in that trace */
    struct calls calls;      /* the smallest */
    bool smallest;           /* not one can go */
    struct stage *stage;     /* of that */
    const struct call *last; /* the one that fails; NULL: the heap could not even be made */
    char *said;              /* what the policy printed */
    const char *saved;       /* as what file; NULL: not saved */
};

void outcome_print(const struct outcome *outcome);
void outcome_print_json(const struct outcome *outcome);
/* Something could not be checked. */
void outcome_print_refusal(const char *source, const char *why);

/* What to blame if set->cursor was stale when it broke: in words, "" if it was not. The hook that left it so
 * is the one to look at, not the one that stumbled. */
#define STALE_WORDS 300
const char *outcome_stale(const struct outcome *outcome, char words[STALE_WORDS]);
/* The hook to look at. */
enum hook outcome_suspect(const struct outcome *outcome);

/* For the terminal as it is. */
struct tour_screen picture_screen(void);

/* "+176, a block in use": where set->cursor leads. */
#define CURSOR_WORDS 80
const char *cursor_words(const struct look *look, char words[CURSOR_WORDS]);

/* The heap as blocks from low addresses to high, with a table of them, around the block at `place`. */
void picture_print(const struct look *look, uint64_t place, const char *title);

/* Names of a failing trace: "my_policy.failing.htrace", in the current folder; to be freed. */
char *failing_name(const char *source);

#endif
