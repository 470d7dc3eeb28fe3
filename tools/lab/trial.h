/*
 * trial.h - a policy on trial: calls replayed on a heap of its own, and everything looked at after each.
 *
 *      judge.c    puts the trial into a child process, and watches that      judge_trial
 *      trial.c    replays the calls there; bytes, places, the validator      trial_play
 *      hooks.c    stands between the engine and the policy's hooks           hooks_wrap
 *      fence.c    the set as these see it: with an end to its lists          fence_show
 *      stage.c    what the heap looked like, for a picture                   stage_look
 *
 * The child writes what it finds into memory that it shares with its parent, as soon as it is found. So a
 * crash or an endless loop loses nothing: the parent reads which call and which hook it was in.
 */
#ifndef HALLOC_LAB_TRIAL_H
#define HALLOC_LAB_TRIAL_H

#include "../../halloc.h"
#include "calls.h"
#include "rules.h"

#define NOWHERE UINT64_MAX
#define NO_CALL SIZE_MAX

enum hook { HOOK_NONE, HOOK_FIND, HOOK_INSERT, HOOK_REMOVE, HOOK_TAKE, HOOK_ROUND, HOOK_PIECE, HOOK_MERGE };
const char *hook_name(enum hook hook); /* "find"; "" for none */

/* --- What is found ------------------------------------------------------------------------------------ */

struct verdict {
    enum rule_id rule; /* RULE_NONE: all is well. Who breaks the same rule fails the same way  */
    enum hook hook;    /* that did it, or in which it happened                                 */
    int signal;        /* of a crash                                                           */
    size_t at;         /* index of the call; NO_CALL: while the heap was made                  */
    size_t good;       /* the last call after which everything was looked at; NO_CALL: none    */
    uint64_t place;    /* offset of the payload of the block that it is about; NOWHERE         */
    char message[400];
};

bool verdict_same(const struct verdict *one, const struct verdict *other);

/* Told, and no failure unless asked for. */
struct warnings {
    uint64_t misses; /* find gave NULL and something would have fitted */
    size_t first_miss;
    uint64_t missed_size, missed_block;
};

/* --- What the heap looked like ------------------------------------------------------------------------ */

struct seen_block {
    uint64_t offset, size; /* of the payload, from the heap's first block                    */
    uint64_t asked;        /* of a block in use                                              */
    uint32_t object;       /* of a block in use; OBJECT_UNKNOWN                              */
    uint32_t list, place;  /* of a block on a free list: which, and where on it, from 0       */
    bool is_free, listed;
};
#define OBJECT_UNKNOWN UINT32_MAX

#define SEEN_MOST 4096
struct look {
    bool taken, whole; /* not whole: more blocks than that, or links that lead nowhere */
    uint64_t header_bytes, top;
    size_t count;
    struct seen_block blocks[SEEN_MOST];
};

/* --- Shared with the child ---------------------------------------------------------------------------- */

struct stage {
    size_t at;      /* the call being made                             */
    uint64_t ticks; /* hooks entered and left: it gets on              */
    enum hook hook; /* being in which                                  */
    bool finished;  /* all calls are made, or a verdict is there       */
    struct verdict verdict;
    struct warnings warnings;
    size_t looks; /* at everything                                    */
    struct look before, after;
};

struct trial_options {
    bool strict; /* find must find what fits                                       */
    bool apart;  /* free neighbours may stay apart                                 */
    bool look;   /* take pictures before the last call, and after it               */
    bool stop;   /* a trap before the last call, for a debugger                    */
    size_t fine; /* from this call on look at everything after each, at any cost   */
    double limit_seconds;
    const char *doing; /* for the line that shows progress; NULL: none */
};

/* In this process. The stage tells what came of it. */
void trial_play(const struct calls *calls, const halloc_policy *policy, const struct trial_options *options,
                struct stage *stage);

/* In a child. `said`, if not NULL, receives what it printed, to be freed. False: no child could be made. */
bool judge_trial(const struct calls *calls, const halloc_policy *policy, const struct trial_options *options,
                 struct stage *stage, char **said);

/* --- Inside ------------------------------------------------------------------------------------------- */

struct engine;

struct watch {
    const halloc_policy *policy;
    const struct trial_options *options;
    struct stage *stage;
    struct engine *engine; /* and what it holds, when both are there */
    const struct placed *objects;
    uint32_t object_count;
    uint64_t nulls; /* that find has given in the call `nulls_at` */
    size_t nulls_at;
    bool closely; /* this heap is small enough, or this call suspect enough, for costly looks */
};

/* Objects by number. */
struct placed {
    char *payload;
    uint64_t granted, asked;
};
void stage_look(struct look *look, const struct engine *engine, const struct placed *objects,
                uint32_t object_count);
/* Would their pictures be the same? */
bool look_same(const struct look *one, const struct look *other);

/* The policy, each hook of it watched. One a process, for policies have no context. */
const halloc_policy *hooks_wrap(const struct watch *watch);
struct watch *hooks_watch(void);

/* A copy of the set, for one hook; what the hook changed is copied back. */
bool fence_build(void);
halloc_free_set *fence_show(const halloc_free_set *set);

/* The first is kept. */
void stage_blame(struct stage *stage, enum rule_id rule, enum hook hook, uint64_t place, const char *format,
                 ...) __attribute__((format(printf, 5, 6)));

#endif
