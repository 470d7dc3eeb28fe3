/*
 * try_policy.c - --fit and --policy: is that a policy? This is checked before the program starts. Otherwise
 * a typing error could make it run on another policy than the user believes.
 *
 * A policy of the user is loaded in a child, and serves a heap there for some thousand calls (tools/lab). A
 * hook that calls malloc, or does not return, would make the program wait for ever, without any message.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../halloc.h"
#include "../base/arguments.h"
#include "../base/words.h"
#include "../lab/trial/trial.h"

#define TRIAL_SECONDS 5 /* a call hangs if a hook takes longer */

/* The names that the library knows. */
static const char *known_policies(void) {
    static char list[1024];
    const halloc_policy *policy;
    for (size_t index = 0; (policy = halloc_policy_at(index)); index++)
        word_append(list, sizeof list, policy->name);
    return list;
}

/* LD_PRELOAD is a list with separators, and has no way to escape them. */
static bool can_be_preloaded(const char *path) {
    return path[strcspn(path, " :")] == 0;
}

static bool check_name(const char *path, const char *name) {
    if (strpbrk(name, ",:"))
        return run_fail("--policy %s: its policy's name has a comma or a colon in it", path);
    if (strlen(name) >= sizeof((struct counters *)0)->fit)
        return run_fail("--policy %s: the policy's name, '%s', is too long for a report", path, name);
    if (halloc_policy_find(name))
        return run_fail("--policy %s: '%s' is the name of a policy that halloc has already", path, name);
    return true;
}

/* Faults that would stop the program without a message. Others show there, and `halloc lab check` finds
 * them. */
static bool check_verdict(const char *path, const struct verdict *verdict) {
    if (verdict->rule == RULE_ALLOCATES)
        return run_fail(
            "--policy %s: %s. A hook runs inside malloc, with its lock held, so the program would wait for "
            "itself; printf calls malloc, too. `halloc lab check` on its source shows where",
            path, verdict->message);
    bool silent = verdict->rule == RULE_HANG || verdict->rule == RULE_WAITS || verdict->rule == RULE_EXIT;
    if (verdict->rule != RULE_NONE && (silent || verdict->hook == HOOK_LOAD))
        return run_fail("--policy %s: %s. `halloc lab check` on its source shows where", path,
                        verdict->message);
    return true;
}

/* Its name stays in options->fit. */
static bool try_object(struct run_options *options, const char *path, struct stage *stage) {
    static char name[sizeof stage->policy];
    struct calls calls = {0};
    struct trial_options trial = {
        .object = path, .limit_seconds = TRIAL_SECONDS, .fine = NO_CALL, .apart = true, .prints = true};
    bool judged = calls_mix(&calls) && judge_trial(&calls, &trial, stage, NULL);
    calls_free(&calls);
    if (!judged)
        return run_fail("--policy %s: it could not be tried", options->policy);
    if (stage->refusal[0])
        return run_fail("--policy %s: %s", options->policy, stage->refusal);
    snprintf(name, sizeof name, "%s", stage->policy);
    options->fit = name;
    return check_name(options->policy, name) && check_verdict(options->policy, &stage->verdict);
}

static bool check_object(struct run_options *options) {
    const char *path = options->policy;
    static char slashed[4096];
    if (argument_is_source("halloc run", "--policy", path))
        return false;
    if (!strchr(path, '/')) { /* otherwise the linker would search its folders */
        snprintf(slashed, sizeof slashed, "./%s", path);
        path = slashed;
    }
    if (!can_be_preloaded(path))
        return run_fail("--policy %s: LD_PRELOAD can't hold a path with a space or a colon", options->policy);
    struct stage *stage =
        mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED)
        return run_fail("out of memory");
    bool good = try_object(options, path, stage);
    munmap(stage, sizeof *stage);
    return good;
}

bool run_check_policy(struct run_options *options) {
    if (options->policy && options->fit)
        return run_fail("--policy brings the policy, so no --fit beside it; `halloc run --help` tells more");
    if (options->policy)
        return check_object(options);
    if (!options->fit || halloc_policy_find(options->fit))
        return true;
    return run_fail("--fit %s: no such policy; there are: %s", options->fit, known_policies());
}
