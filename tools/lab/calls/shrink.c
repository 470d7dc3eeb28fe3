/*
 * shrink.c - finds the shortest trace that still fails the same way.
 *
 *      1  leave out pieces that the failure does not need: halves, quarters, ... single calls
 *      2  leave out whole objects, one at a time; make one object of two neighbours
 *      3  simplify the rest: malloc instead of its kin, small or round sizes
 *
 * Each attempt is a trial of its own. Source: A. Zeller and R. Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input" (IEEE TSE 28, 2002). Their second half is missing here: a piece alone fails less
 * often than the trace without it.
 */
#define _GNU_SOURCE 1
#include "../check.h"
#include "../../base/progress.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SECONDS_MOST 30.0
/* A long trace is checked after each call only near its end, where it should fail. */
#define FINE_MOST 2000
#define FINE_LAST 100
#define JOIN_BYTES 32           /* the second block's header becomes payload of the joint block */
#define HANG_LIMIT_SECONDS 0.05 /* for an attempt; the final result is tried with the whole limit */

struct shrinking {
    struct trial_options options;
    struct verdict wanted;
    struct stage *stage;
    struct calls calls; /* the shortest trace so far */
    size_t began_with;
    double until;
};

/* Ctrl-C ends the search, and what was found so far is printed. A second one ends the command. */
static volatile sig_atomic_t interrupted;

static void handle_interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

/* The processor time that we and our children have used. So the result does not depend on other load. */
static double now(void) {
    double used = 0;
    for (int who = 0; who < 2; who++) {
        struct rusage usage;
        getrusage(who ? RUSAGE_CHILDREN : RUSAGE_SELF, &usage);
        used += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
        used += (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    }
    return used;
}

static bool has_time(const struct shrinking *shrinking) {
    return !interrupted && now() < shrinking->until;
}

/* Tidies the candidate. Keeps it if it fails the same way, and frees it if not. */
static bool try(struct shrinking *shrinking, struct calls *candidate) {
    const struct verdict *verdict = &shrinking->stage->verdict;
    calls_tidy(candidate);
    shrinking->options.fine = candidate->count > FINE_MOST ? candidate->count - FINE_LAST : 0;
    bool same = judge_trial(candidate, &shrinking->options, shrinking->stage, NULL) &&
                verdict_same(verdict, &shrinking->wanted);
    progress_show("shrinking", shrinking->began_with - shrinking->calls.count, shrinking->began_with);
    if (!same) {
        calls_free(candidate);
        return false;
    }
    candidate->count = verdict->at == NO_CALL ? 0 : verdict->at + 1;
    calls_free(&shrinking->calls);
    shrinking->calls = *candidate;
    return true;
}

/* A copy without the calls [from, to) and those of `object`. */
static bool try_without(struct shrinking *shrinking, size_t from, size_t to, uint32_t object) {
    const struct calls *calls = &shrinking->calls;
    struct calls candidate = {.objects = calls->objects};
    bool good = true;
    for (size_t index = 0; good && index < calls->count; index++)
        if ((index < from || index >= to) && calls->list[index].object != object)
            good = calls_add(&candidate, calls->list[index]);
    if (good)
        return try(shrinking, &candidate);
    calls_free(&candidate);
    return false;
}

/* Leaves out pieces from the end on, but never the last call, which fails. The frees of its objects are
 * left out, too. */
static bool leave_out_pieces(struct shrinking *shrinking, size_t piece) {
    bool any = false;
    size_t end = shrinking->calls.count ? shrinking->calls.count - 1 : 0;
    while (end > 0 && has_time(shrinking)) {
        size_t from = end > piece ? end - piece : 0;
        bool gone = try_without(shrinking, from, end, OBJECT_UNKNOWN);
        any |= gone;
        end = from + 1 < shrinking->calls.count ? from
              : shrinking->calls.count          ? shrinking->calls.count - 1
                                                : 0;
    }
    return any;
}

static bool leave_out_objects(struct shrinking *shrinking) {
    bool any = false;
    for (uint32_t object = shrinking->calls.objects; object-- > 0 && has_time(shrinking);)
        if (object < shrinking->calls.objects)
            any |= try_without(shrinking, 0, 0, object);
    return any;
}

/* Replaces two neighbouring objects by one that fills the same place. */
static bool join_objects(struct shrinking *shrinking) {
    bool any = false;
    for (size_t index = 0; index + 1 < shrinking->calls.count && has_time(shrinking); index++) {
        const struct call *one = &shrinking->calls.list[index], *other = one + 1;
        if (one->kind != CALL_MALLOC || other->kind != CALL_MALLOC)
            continue;
        struct calls candidate = {.objects = shrinking->calls.objects};
        struct call both = *one;
        both.size = (one->size + 15) / 16 * 16 + JOIN_BYTES + other->size;
        bool good = true;
        for (size_t at = 0; good && at < shrinking->calls.count; at++)
            if (at == index || shrinking->calls.list[at].object != other->object)
                good = calls_add(&candidate, at == index ? both : shrinking->calls.list[at]);
        if (!good)
            calls_free(&candidate);
        else if (try(shrinking, &candidate))
            any = true, index--;
    }
    return any;
}

static void leave_out(struct shrinking *shrinking) {
    for (size_t piece = shrinking->calls.count / 2; piece > 1; piece /= 2)
        leave_out_pieces(shrinking, piece);
    for (bool any = true; any && has_time(shrinking);) {
        any = leave_out_pieces(shrinking, 1);
        any |= leave_out_objects(shrinking);
        any |= join_objects(shrinking);
    }
}

/* --- Plainer ------------------------------------------------------------------------------------------ */

static bool try_instead(struct shrinking *shrinking, size_t index, struct call call) {
    const struct calls *calls = &shrinking->calls;
    struct calls candidate = {.objects = calls->objects};
    for (size_t at = 0; at < calls->count; at++)
        if (!calls_add(&candidate, at == index ? call : calls->list[at])) {
            calls_free(&candidate);
            return false;
        }
    return try(shrinking, &candidate);
}

static void say_plainly(struct shrinking *shrinking, size_t index) {
    /* 400: several such blocks fit a page, and can be told apart in a picture. */
    static const uint64_t sizes[] = {400, 100, 200, 16, 1000, 2000, 4000};
    struct call call = shrinking->calls.list[index];
    if (call.kind == CALL_CALLOC || call.kind == CALL_ALIGNED) {
        call.kind = CALL_MALLOC;
        if (!try_instead(shrinking, index, call))
            call.kind = shrinking->calls.list[index].kind;
    }
    for (size_t size = 0; size < sizeof sizes / sizeof *sizes && has_time(shrinking); size++) {
        if (call.kind == CALL_FREE || index >= shrinking->calls.count || call.size == sizes[size])
            return;
        uint64_t was = call.size;
        call.size = sizes[size];
        if (try_instead(shrinking, index, call))
            return;
        call.size = was;
    }
}

bool shrink(struct calls *calls, struct trial_options options, struct stage *stage) {
    struct shrinking shrinking = {
        .options = options,
        .wanted = stage->verdict,
        .stage = stage,
        .calls = *calls,
        .began_with = calls->count,
        .until = now() + SECONDS_MOST,
    };
    struct sigaction before, action = {.sa_handler = handle_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, &before);
    shrinking.options.doing = NULL; /* progress shows what is left out */
    if (options.limit_seconds > HANG_LIMIT_SECONDS)
        shrinking.options.limit_seconds = HANG_LIMIT_SECONDS;
    leave_out(&shrinking);
    for (size_t index = 0; index < shrinking.calls.count && has_time(&shrinking); index++)
        say_plainly(&shrinking, index);
    if (has_time(&shrinking))
        leave_out(&shrinking);
    *calls = shrinking.calls;
    if (!interrupted)
        sigaction(SIGINT, &before, NULL);
    return has_time(&shrinking);
}
