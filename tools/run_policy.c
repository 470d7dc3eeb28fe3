/*
 * run_policy.c - --fit and --policy: is that a policy? Before the program starts, so that a slip of the
 * pen is an error here and not a program that runs on another policy than its user believes.
 */
#include "run.h"

#include <dlfcn.h>
#include <string.h>

#include "../halloc.h"

/* "first, next, best" and whatever else the library knows. */
static const char *known_policies(void) {
    static char list[1024];
    const halloc_policy *policy;
    size_t length = 0;
    for (size_t index = 0; (policy = halloc_policy_at(index)) && length < sizeof list; index++)
        length +=
            (size_t)snprintf(list + length, sizeof list - length, "%s%s", index ? ", " : "", policy->name);
    return list;
}

/* LD_PRELOAD is a list with separators and no way to escape them. */
static bool can_be_preloaded(const char *path) {
    return path[strcspn(path, " :")] == 0;
}

static bool check_record(const char *path, const halloc_policy *policy) {
    if (!policy->name || !*policy->name || strpbrk(policy->name, ",:"))
        return run_fail("--policy %s: its policy has no name, or one with a comma or colon in it", path);
    if (strlen(policy->name) >= sizeof((struct counters *)0)->fit)
        return run_fail("--policy %s: the policy's name, '%s', is too long for a report", path, policy->name);
    if (!policy->find || !policy->insert || !policy->remove)
        return run_fail("--policy %s: policy '%s' lacks %s", path, policy->name,
                        !policy->find     ? "find"
                        : !policy->insert ? "insert"
                                          : "remove");
    if (halloc_policy_find(policy->name))
        return run_fail("--policy %s: '%s' is the name of a policy that halloc has already", path,
                        policy->name);
    return true;
}

/* Loads the object here to look at what it defines; it stays loaded, for the name is in it. */
static bool check_object(struct run_options *options) {
    const char *path = options->policy;
    static char slashed[4096];
    if (!strchr(path, '/')) { /* without a slash the linker would search its folders */
        snprintf(slashed, sizeof slashed, "./%s", path);
        path = slashed;
    }
    if (!can_be_preloaded(path))
        return run_fail("--policy %s: LD_PRELOAD can't hold a path with a space or a colon", options->policy);
    void *object = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (!object)
        return run_fail("--policy: %s", dlerror());
    const halloc_policy *policy = dlsym(object, "halloc_user_policy");
    if (!policy)
        return run_fail("--policy %s: does not define `const halloc_policy halloc_user_policy`",
                        options->policy);
    if (!check_record(options->policy, policy))
        return false;
    options->fit = policy->name;
    return true;
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
