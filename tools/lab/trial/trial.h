/*
 * trial.h - a policy on trial: it replays calls on a heap of its own, and each call is checked.
 *
 *      judge.c        runs the trial in a child process, and watches that         judge_trial
 *      cage.c         what that child may not do to others                        cage_enter
 *      load.c         loads the policy in the child, never in the judge           learned_load
 *      hook_names.c   the names of the policy's functions, for a debugger         names_find
 *      trial.c        replays the calls; checks bytes, places, invariants         trial_play
 *      hooks.c        stands between the engine and the policy's hooks            hooks_wrap
 *      whole.c        the same for a whole allocator: malloc, or mm.c             whole_play
 *      fence.c        faults that tell more: no such list, a stack that is used up  fence_show
 *      evidence.c     keeps its choices, to repeat the trial without it           evidence_keep
 *      overhear.c     hears each call of malloc, to find those out of a hook      overhear_malloc
 *      stage.c        keeps the fault, and the heap at that moment                stage_blame
 *
 * The child writes each finding at once into memory that it shares with its parent. So a crash or an endless
 * loop loses nothing: the parent can read which call and which hook was running.
 */
#ifndef HALLOC_LAB_TRIAL_H
#define HALLOC_LAB_TRIAL_H

#include "../../../halloc.h"
#include "../calls/calls.h"
#include "rules.h"

#define NOWHERE UINT64_MAX
#define NO_CALL SIZE_MAX

enum hook {
    HOOK_NONE,
    HOOK_FIND,
    HOOK_INSERT,
    HOOK_REMOVE,
    HOOK_TAKE,
    HOOK_ROUND,
    HOOK_PIECE,
    HOOK_MERGE,
    HOOK_LOAD,   /* no hook: code of the file that runs while it is loaded */
    HOOK_MALLOC, /* of a whole allocator, from here on */
    HOOK_FREE,
    HOOK_REALLOC,
    HOOK_CALLOC,
    HOOK_ALIGNED,
    HOOK_INIT,
    HOOKS
};
const char *hook_name(enum hook hook); /* "find"; "" for none */

/* --- Findings ----------------------------------------------------------------------------------------- */

struct verdict {
    enum rule_id
        rule;       /* the broken rule; RULE_NONE: all is well. Two trials with one rule fail the same way */
    enum hook hook; /* the hook that broke it, or in which it happened */
    int signal;     /* a crash's signal */
    size_t at;      /* the index of the call; NO_CALL: while the heap was made */
    size_t good;    /* the last call whose check was good; NO_CALL: none */
    uint64_t place; /* the offset of the payload of the block in question; NOWHERE */
    char message[400];
};

bool verdict_same(const struct verdict *one, const struct verdict *other);

/* Reported; a failure only on demand. */
struct warnings {
    uint64_t misses; /* how often find gave NULL although a block would have fitted */
    size_t first_miss;
    uint64_t missed_size, missed_block;
};

/* --- Pictures of the heap ----------------------------------------------------------------------------- */

struct seen_block {
    uint64_t offset, size; /* of the payload, from the heap's first block                    */
    uint64_t asked;        /* of a block in use                                              */
    uint32_t object;       /* of a block in use; OBJECT_UNKNOWN                              */
    uint32_t list, place;  /* of a block on a free list: which, and where on it, from 0       */
    bool is_free, listed;
};
#define OBJECT_UNKNOWN UINT32_MAX

#define SEEN_MOST 4096
#define SEEN_WORDS 6
struct look {
    bool lists;        /* the lists of free blocks are known */
    bool taken, whole; /* whole: false for more blocks than that, or links that lead nowhere */
    uint64_t header_bytes, top;
    size_t count;
    struct seen_block blocks[SEEN_MOST];
    /* The policy's own memory: set->cursor, as the payload's offset, and set->bitmap. */
    enum cursor { CURSOR_NULL, CURSOR_LISTED, CURSOR_STALE, CURSOR_INSIDE, CURSOR_WILD } cursor;
    uint64_t cursor_place;
    unsigned long bitmap[SEEN_WORDS];
};

/* --- Shared with the child ---------------------------------------------------------------------------- */

struct stage {
    size_t at;      /* the call being made                             */
    uint64_t ticks; /* hooks entered and left: a measure of progress */
    enum hook hook; /* the hook that is running */
    /* The call in which remove took away the block that set->cursor points to, and left the cursor there;
     * NO_CALL: none. */
    size_t stranded_at;
    uint64_t stranded_place;
    char hooks[HOOKS][48]; /* the policy's names of its hooks; "" if not known */
    const char *allocates; /* the first function of malloc's kin that this hook called; NULL */
    bool finished;         /* all calls are made, or there is a verdict */
    struct verdict verdict;
    struct warnings warnings;
    uint64_t uncounted;     /* of a race: looks.c                               */
    uint64_t probes, finds; /* of find */
    uint64_t heap_bytes;    /* the most that the heap had */
    size_t looks;           /* checks of everything */
    bool printed;           /* it printed something */
    bool overflows;         /* it used up its stack */
    bool is_whole;          /* it is a whole allocator, not a policy */
    char policy[64];        /* its name, after it is loaded */
    char refusal[400];      /* why it can't be tried: for example, it is no policy */
    struct look before, after;
};

/* What the judge found out by itself, in the repeated trial: evidence.c. */
struct proof {
    uint64_t heap_bytes; /* the most that the heap had */
    uint64_t live_bytes; /* the most that was in use, as it was asked for */
};

struct trial_options {
    const char *object; /* the policy's shared object                              */
    bool strict;        /* find must find every block that fits */
    bool apart;         /* free neighbours may stay apart                                 */
    bool look;          /* take pictures before the last call, and after it               */
    bool stop;          /* a trap before the last call, for a debugger                    */
    bool reporting;     /* the object reports its reads: count them as probes (looks.c)   */
    bool prints;        /* printing calls malloc, as it does in a program                 */
    size_t fine;        /* from this call on, check everything after each call */
    double limit_seconds;
    double seconds_most; /* of processor time, for this process's children all together; 0: no limit */
    bool shrinks;        /* a failing trace is made shortest */
    size_t data_most;    /* bytes that the child may have; 0: as for a large trace */
    const char *doing;   /* for the line of progress; NULL: none */
    struct proof *proof; /* repeat the trial without the policy, and believe only that; NULL: no */
};

/* Runs in this process. The stage has the result. */
void trial_play(const struct calls *calls, const halloc_policy *policy, const struct trial_options *options,
                struct stage *stage);

/* Runs in a child, which loads the policy first. `said`, if not NULL, receives what it printed; the caller
 * frees it. Without calls the policy is only loaded. False: no child could be made. */
bool judge_trial(const struct calls *calls, const struct trial_options *options, struct stage *stage,
                 char **said);

/* --- What a learner wrote ------------------------------------------------------------------------------- */

/* A whole allocator: malloc and its kin, or mm.c with mem_sbrk. */
struct whole {
    int (*init)(void); /* NULL: none */
    void *(*malloc)(size_t size);
    void (*free)(void *ptr);
    void *(*realloc)(void *ptr, size_t size);        /* NULL: malloc, copy and free stand for it */
    void *(*calloc)(size_t count, size_t size);      /* NULL: malloc and zeros */
    void *(*aligned)(size_t alignment, size_t size); /* NULL: malloc, and no such alignment */
    bool repeated;                                   /* it has places, and no memory there */
};

struct evidence; /* evidence.c */

struct learned { /* one of both */
    const halloc_policy *policy;
    const struct whole *whole;
};

/* Loads a shared object. NULL: the stage says why, in `refusal`. */
const struct learned *learned_load(const char *object, struct stage *stage);

/* Fills stage->hooks: the names of its functions in its source. */
void names_find(const char *object, const struct learned *learned, struct stage *stage);

/* Replays the calls on a whole allocator. */
void whole_play(const struct calls *calls, const struct whole *whole, const struct trial_options *options,
                struct stage *stage);
/* As evidence_keep and evidence_repeat. */
const struct whole *whole_keep(struct evidence *evidence, const struct whole *whole);
const struct whole *whole_repeat(struct evidence *evidence);

/* For a child that scores: from now on each read by this policy's find of what tells a block's size counts
 * as a probe. Returns the policy to use instead. `uncounted` grows by the reads that halloc_probe did not
 * count. */
const halloc_policy *looks_count(const halloc_policy *policy, uint64_t *uncounted);

/* From now on SIGSYS ends this process if it signals another one, reads from it, or makes one. A kernel
 * without seccomp can't do that, and nothing happens. `stage`, if not NULL, receives what was tried. */
void cage_enter(struct stage *stage);

/* The choices of a policy, in memory that is shared with the child. NULL: out of memory. */
struct evidence *evidence_make(size_t calls);
void evidence_free(struct evidence *evidence, size_t calls);
/* The policy with each choice kept; and a policy that reads those choices. */
const halloc_policy *evidence_keep(struct evidence *evidence, const halloc_policy *policy);
const halloc_policy *evidence_repeat(struct evidence *evidence);
/* One choice of any kind. False: there is none left, and that was blamed. */
void evidence_note(struct evidence *evidence, uint64_t choice);
bool evidence_next(struct evidence *evidence, uint64_t *choice);

/* --- Inside ------------------------------------------------------------------------------------------- */

struct engine;

struct watch {
    const halloc_policy *policy;
    const struct trial_options *options;
    struct stage *stage;
    struct engine *engine; /* and its engine, when both exist */
    const struct placed *objects;
    uint32_t object_count;
    uint64_t nulls; /* NULLs that find has given in the call `nulls_at` */
    size_t nulls_at;
    bool looking; /* the checks ask the hooks, not the heap */
    bool closely; /* this heap is small enough, or this call suspect enough, for costly checks */
};

/* Objects by number. */
struct placed {
    char *payload;
    uint64_t granted, asked;
};
void stage_look(struct look *look, const struct engine *engine, const struct placed *objects,
                uint32_t object_count);
/* Does set->cursor point to something that is no free block of the set (any more)? */
bool look_cursor_is_stale(const struct look *look);
/* Are their pictures the same? */
bool look_same(const struct look *one, const struct look *other);

/* The policy with each hook watched. One for each process, because policies have no context. */
const halloc_policy *hooks_wrap(const struct watch *watch);
extern struct watch stage_watch; /* the one that is watched now */

/* From now on stage->allocates tells when a hook calls malloc or its kin, directly or through a library. */
void overhear_malloc(struct stage *stage);

/* A copy of the set for one hook. The changes of the hook are copied back. */
bool fence_build(void);
/* From now on stage->overflows tells whether a crash is that of a stack that is used up. */
void fence_stack(struct stage *stage);
halloc_free_set *fence_show(const halloc_free_set *set);

/* Keeps the first one. */
void stage_blame(struct stage *stage, enum rule_id rule, enum hook hook, uint64_t place, const char *format,
                 ...) __attribute__((format(printf, 5, 6)));

#endif
