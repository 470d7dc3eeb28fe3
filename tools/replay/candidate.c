/*
 * candidate.c - see candidate.h.
 */
#define _GNU_SOURCE 1
#include "candidate.h"
#include "../../halloc.h"
#include "../base/arguments.h"
#include "patience.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- Files of ours ----------------------------------------------------------------------------------- */

char *candidates_find(const char *name) {
    static const char *const places[] = {".", HALLOC_BIN_TO_LIB, HALLOC_BIN_TO_LIB "/halloc"};
    char self[PATH_MAX], path[PATH_MAX + 256];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return NULL;
    self[length] = 0;
    *strrchr(self, '/') = 0;
    for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
        snprintf(path, sizeof path, "%s/%s/%s", self, places[place], name);
        if (access(path, R_OK) == 0)
            return realpath(path, NULL);
    }
    return NULL;
}

/* --- Policies ---------------------------------------------------------------------------------------- */

static const char *register_policy(const char *who, const char *where, const halloc_policy *policy) {
    if (halloc_policy_register(policy)) {
        patience_begin(who, policy->name);
        return policy->name;
    }
    const char *why = errno == EEXIST   ? "there is a policy of that name already"
                      : errno == EINVAL ? "it lacks a name, find, insert or remove"
                                        : "too many policies are known";
    fprintf(stderr, "%s: %s: its policy was refused: %s\n", who, where, why);
    return NULL;
}

const char *candidates_load_policy(const char *who, const char *path) {
    char slashed[PATH_MAX];
    if (argument_is_source(who, "--policy", path))
        return NULL;
    if (!strchr(path, '/')) { /* otherwise the linker would search its folders */
        snprintf(slashed, sizeof slashed, "./%s", path);
        path = slashed;
    }
    void *object = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (!object) {
        fprintf(stderr, "%s: --policy: %s\n", who, dlerror());
        return NULL;
    }
    const halloc_policy *policy = dlsym(object, "halloc_user_policy");
    if (policy)
        return register_policy(who, path, policy);
    fprintf(stderr, "%s: --policy %s: does not define `const halloc_policy halloc_user_policy`\n", who, path);
    return NULL;
}

bool candidates_preloaded_policy(const char *who) {
    const halloc_policy *policy = dlsym(RTLD_DEFAULT, "halloc_user_policy");
    if (policy && policy->name)
        patience_begin(who, policy->name);
    if (!policy || (policy->name && halloc_policy_find(policy->name) == policy))
        return true;
    return register_policy(who, "preloaded", policy) != NULL;
}

/* --- Candidates -------------------------------------------------------------------------------------- */

static void print_known(void) {
    const halloc_policy *policy;
    for (size_t index = 0; (policy = halloc_policy_at(index)); index++)
        fprintf(stderr, "%s, ", policy->name);
    fputs("oracle, process, glibc, or the path of an allocator's shared object\n", stderr);
}

static bool read_header(const char *path, ElfW(Ehdr) * header) {
    FILE *file = fopen(path, "re");
    bool read = file && fread(header, sizeof *header, 1, file) == 1;
    if (file)
        fclose(file);
    return read;
}

/* Is it an object for this machine? The linker leaves out any other, with a warning at each start. */
static bool is_shared_object(const char *path) {
    ElfW(Ehdr) its, own;
    return read_header(path, &its) && read_header("/proc/self/exe", &own) &&
           memcmp(its.e_ident, own.e_ident, EI_VERSION) == 0 && its.e_type == ET_DYN &&
           its.e_machine == own.e_machine;
}

/* May it be in the linker's list? LD_PRELOAD has separators, and no way to escape them. */
static bool resolve(struct candidate *candidate, const char *who) {
    bool is_process = strcmp(candidate->name, "process") == 0;
    if (is_process)
        candidate->library = candidates_find(HALLOC_SONAME);
    else
        candidate->library = realpath(candidate->name, NULL);
    if (!candidate->library)
        fprintf(stderr, "%s: %s: %s\n", who, is_process ? HALLOC_SONAME : candidate->name,
                is_process ? "not found beside this command" : strerror(errno));
    else if (candidate->library[strcspn(candidate->library, " :")])
        fprintf(stderr, "%s: LD_PRELOAD can't hold a path with a space or a colon: %s\n", who,
                candidate->library);
    else if (!is_shared_object(candidate->library))
        fprintf(stderr, "%s: %s: not a shared object for this machine\n", who, candidate->name);
    else
        return true;
    return false;
}

static bool add(struct candidates *candidates, const char *who, const char *name, size_t length) {
    if (candidates->count == CANDIDATES_MOST) {
        fprintf(stderr, "%s: at most %d at a time\n", who, CANDIDATES_MOST);
        return false;
    }
    struct candidate candidate = {.name = strndup(name, length)};
    if (!candidate.name) {
        fprintf(stderr, "%s: out of memory\n", who);
        return false;
    }
    candidate.is_policy = halloc_policy_find(candidate.name) != NULL;
    candidate.is_oracle = strcmp(candidate.name, "oracle") == 0;
    bool is_other = strcmp(candidate.name, "process") == 0 || strcmp(candidate.name, "glibc") == 0;
    bool is_path = strchr(candidate.name, '/') || strstr(candidate.name, ".so");
    candidates->list[candidates->count++] = candidate;
    if (candidate.is_policy || candidate.is_oracle || strcmp(candidate.name, "glibc") == 0)
        return true;
    if (is_other || is_path)
        return resolve(&candidates->list[candidates->count - 1], who);
    fprintf(stderr, "%s: there is no policy '%s'; there are: ", who, candidate.name);
    print_known();
    return false;
}

bool candidates_add(struct candidates *candidates, const char *who, const char *list) {
    while (*list) {
        size_t length = strcspn(list, ",");
        if (length && !add(candidates, who, list, length))
            return false;
        list += length + (list[length] == ',');
    }
    return true;
}

void candidates_free(struct candidates *candidates) {
    for (size_t index = 0; index < candidates->count; index++) {
        free(candidates->list[index].name);
        free(candidates->list[index].library);
    }
    candidates->count = 0;
}
