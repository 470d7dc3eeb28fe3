/*
 * load.c - loads a policy from its shared object.
 *
 * Loading an object runs its constructors, which may be the policy's own code. The judge prints the verdict
 * and gives the exit status. So it never loads a policy: each child does, while the judge watches.
 */
#define _GNU_SOURCE 1
#include "trial.h"

#include <dlfcn.h>
#include <stdio.h>

static const char *what_it_lacks(const halloc_policy *policy) {
    return !policy->name || !*policy->name ? "a name"
           : !policy->find                 ? "find"
           : !policy->insert               ? "insert"
           : !policy->remove               ? "remove"
                                           : NULL;
}

const halloc_policy *policy_load(const char *path, struct stage *stage) {
    stage->hook = HOOK_LOAD;
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    stage->hook = HOOK_NONE;
    const halloc_policy *policy = object ? dlsym(object, "halloc_user_policy") : NULL;
    const char *lacks = policy ? what_it_lacks(policy) : NULL;
    if (!object)
        snprintf(stage->refusal, sizeof stage->refusal, "%s", dlerror());
    else if (!policy)
        snprintf(stage->refusal, sizeof stage->refusal,
                 "does not define `const halloc_policy halloc_user_policy`; `halloc lab new NAME.c` "
                 "writes a file "
                 "that does");
    else if (lacks)
        snprintf(stage->refusal, sizeof stage->refusal, "halloc_user_policy lacks %s", lacks);
    else
        snprintf(stage->policy, sizeof stage->policy, "%s", policy->name);
    return stage->refusal[0] ? NULL : policy;
}
