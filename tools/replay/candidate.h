/*
 * candidate.h - the policies and allocators that a trace may be replayed with, by their names on the
 * command line.
 *
 *      first, best, ...     a fit policy, on a classic heap of its own
 *      oracle               exactly the live bytes (oracle.h): no allocator, but a measure
 *      process              halloc's process heap: malloc, as programs have it
 *      glibc                libc's malloc
 *      a path               any shared object that has a malloc
 *
 * The last three are whole allocators: a program of its own (tools/replayer) replays on them.
 */
#ifndef HALLOC_REPLAY_CANDIDATE_H
#define HALLOC_REPLAY_CANDIDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct candidate {
    char *name; /* as the user wrote it */
    bool is_policy, is_oracle;
    char *library; /* for a whole allocator: the absolute path to preload; NULL: libc's malloc */
};

#define CANDIDATES_MOST 32

struct candidates {
    struct candidate list[CANDIDATES_MOST];
    size_t count;
};

/* Adds each name of a list with commas. False: the error was printed, as `who`. */
bool candidates_add(struct candidates *candidates, const char *who, const char *list);
void candidates_free(struct candidates *candidates);

/* The name without its folders. */
static inline const char *candidate_short_name(const struct candidate *candidate) {
    const char *slash = strrchr(candidate->name, '/');
    return slash && !candidate->is_policy ? slash + 1 : candidate->name;
}

/* Makes the policy of a shared object known, by its own name: `const halloc_policy halloc_user_policy`.
 * Returns its name; NULL: the error was printed. */
const char *candidates_load_policy(const char *who, const char *path);
/* The same for objects that were preloaded into this command. */
bool candidates_preloaded_policy(const char *who);

/* A file of ours, beside this command in a build, or where it was installed. The caller frees it. NULL: not
 * found. */
char *candidates_find(const char *name);

#endif
