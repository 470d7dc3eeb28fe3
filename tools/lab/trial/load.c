/*
 * load.c - loads what a learner wrote, from its shared object: a policy, or a whole allocator.
 *
 * Loading an object runs its constructors, which may be the learner's own code. The judge prints the verdict
 * and gives the exit status. So it never loads one: each child does, while the judge watches.
 */
#define _GNU_SOURCE 1
#include "trial.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static const char *what_it_lacks(const halloc_policy *policy) {
    return !policy->name || !*policy->name ? "a name"
           : !policy->find                 ? "find"
           : !policy->insert               ? "insert"
           : !policy->remove               ? "remove"
                                           : NULL;
}

/* Only what the object itself defines: libc has a malloc, too. */
static void *own_symbol(void *object, const char *path, const char *name) {
    Dl_info info;
    void *symbol = dlsym(object, name);
    return symbol && dladdr(symbol, &info) && info.dli_fname && strcmp(info.dli_fname, path) == 0 ? symbol
                                                                                                  : NULL;
}

/* "malloc", or "mm_malloc" if the file has mm_init, as in CS:APP's lab. */
static const struct whole *load_whole(void *object, const char *path) {
    static struct whole whole;
    char names[5][24];
    static const char *const words[] = {"malloc", "free", "realloc", "calloc", "aligned_alloc"};
    void *init = own_symbol(object, path, "mm_init"), *symbols[5] = {NULL};
    for (size_t index = 0; index < 5; index++) {
        snprintf(names[index], sizeof names[index], "%s%s", init ? "mm_" : "", words[index]);
        symbols[index] = own_symbol(object, path, names[index]);
    }
    if (!symbols[0] || !symbols[1])
        return NULL;
    whole = (struct whole){
        .init = (int (*)(void))init,
        .malloc = (void *(*)(size_t))symbols[0],
        .free = (void (*)(void *))symbols[1],
        .realloc = (void *(*)(void *, size_t))symbols[2],
        .calloc = (void *(*)(size_t, size_t))symbols[3],
        .aligned = (void *(*)(size_t, size_t))symbols[4],
    };
    return &whole;
}

/* What nearly is a whole allocator: the name that it has, and the one that it lacks. False: it is none. */
static bool find_missing(void *object, const char *path, const char *pair[2]) {
    static const char *const pairs[][2] = {{"mm_malloc", "mm_init"}, {"mm_malloc", "mm_free"},
                                           {"mm_init", "mm_malloc"}, {"mm_init", "mm_free"},
                                           {"malloc", "free"},       {"free", "malloc"}};
    for (size_t index = 0; index < sizeof pairs / sizeof *pairs; index++) {
        memcpy(pair, pairs[index], sizeof pairs[index]);
        if (own_symbol(object, path, pair[0]) && !own_symbol(object, path, pair[1]))
            return true;
    }
    return false;
}

static void refuse(void *object, const char *path, struct stage *stage) {
    const char *pair[2];
    if (find_missing(object, path, pair))
        snprintf(stage->refusal, sizeof stage->refusal, "defines %s, and lacks %s", pair[0], pair[1]);
    else
        snprintf(
            stage->refusal, sizeof stage->refusal,
            "does not define `const halloc_policy halloc_user_policy`, nor malloc and free, nor mm_init, "
            "mm_malloc and mm_free; `halloc lab new NAME.c` writes a file that does");
}

const struct learned *learned_load(const char *path, struct stage *stage) {
    static struct learned learned;
    stage->hook = HOOK_LOAD;
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    stage->hook = HOOK_NONE;
    const halloc_policy *policy = object ? dlsym(object, "halloc_user_policy") : NULL;
    const char *lacks = policy ? what_it_lacks(policy) : NULL;
    learned = (struct learned){policy, object && !policy ? load_whole(object, path) : NULL};
    stage->is_whole = learned.whole != NULL;
    if (!object)
        snprintf(stage->refusal, sizeof stage->refusal, "%s", dlerror());
    else if (learned.whole)
        snprintf(stage->policy, sizeof stage->policy, "%s", learned.whole->init ? "mm_malloc" : "malloc");
    else if (!policy)
        refuse(object, path, stage);
    else if (lacks)
        snprintf(stage->refusal, sizeof stage->refusal, "halloc_user_policy lacks %s", lacks);
    else
        snprintf(stage->policy, sizeof stage->policy, "%s", policy->name);
    return stage->refusal[0] ? NULL : &learned;
}
