/* suppress.c - see suppress.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "suppress.h"

#include "../base/words.h"

#include <errno.h>

/* Functions are named that run no code of the program: what a constructor of a plugin allocates below dlopen
 * is the plugin's. */
static const struct suppression known[] = {
    {.name = "libc's buffers of stdio", .pattern = "^_IO_file_doallocate$"},
    {.name = "libc's locales", .pattern = "^setlocale$"},
    {.name = "libc's locales", .pattern = "^_nl_find_domain$"},
    {.name = "libc's locales", .pattern = "^__wcsmbs_load_conv$"},
    {.name = "libc's time zone", .pattern = "^tzset_internal$"},
    {.name = "libc's databases of users and hosts", .pattern = "^__nss_action_parse$"},
    {.name = "libc's databases of users and hosts", .pattern = "^__nss_database_get$"},
    {.name = "libc's databases of users and hosts", .pattern = "^__resolv_conf_"},
    {.name = "libc's databases of users and hosts", .pattern = "^getpwuid$"},
    {.name = "libc's environment", .pattern = "^__add_to_environ$"},
    {.name = "the loader's tables", .pattern = "^_dl_new_object$"},
    {.name = "the loader's tables", .pattern = "^_dl_check_map_versions$"},
    {.name = "the loader's tables", .pattern = "^_dl_map_object_deps$"},
    {.name = "the loader's tables", .pattern = "^_dl_find_object_update$"},
    {.name = "the loader's tables", .pattern = "^_dl_allocate_tls$"},
    {.name = "libstdc++'s emergency pool", .pattern = "^libstdc++.so", .caller = "^call_init$"},
    {.name = "Python's own objects, made at its start", .pattern = "^pyinit_core$"},
    {.name = "Python's own objects, made at its start", .pattern = "^_Py_PreInitializeFromPyArgv$"},
    {.name = "Python's interned strings", .pattern = "^PyUnicode_InternFromString$"},
    {.name = "Python's table of pools", .pattern = "^allocate_from_new_pool$"},
};

/* --- Patterns ------------------------------------------------------------------------------------------ */

/* The parts between stars stand in the text in this order; the last one as far right as it can. */
static bool matches(const char *pattern, const char *text) {
    bool at_begin = *pattern == '^', at_end;
    pattern += at_begin;
    for (;; at_begin = false) {
        size_t length = strcspn(pattern, "*");
        bool last = !pattern[length];
        at_end = last && length && pattern[length - 1] == '$';
        length -= at_end;
        size_t rest = strlen(text);
        if (length > rest)
            return false;
        const char *found = at_begin ? (strncmp(text, pattern, length) == 0 ? text : NULL)
                            : at_end ? text + rest - length
                                     : memmem(text, rest, pattern, length);
        if (!found || strncmp(found, pattern, length) != 0 || (at_end && found[length]))
            return false;
        if (last)
            return true;
        text = found + length;
        pattern += length + 1;
    }
}

static bool frame_matches(const char *pattern, const struct symbol *symbol) {
    return (symbol->function[0] && matches(pattern, symbol->function)) ||
           (symbol->file[0] && matches(pattern, symbol->file)) || matches(pattern, symbol->module);
}

static bool site_matches(const struct suppression *suppression, const struct profile *profile,
                         const struct profile_site *site) {
    for (uint32_t at = 0; at < site->frame_count; at++) {
        const struct symbol *caller =
            at + 1 < site->frame_count ? &profile->frames[site->frames[at + 1]] : NULL;
        if (frame_matches(suppression->pattern, &profile->frames[site->frames[at]]) &&
            (!suppression->caller || (caller && frame_matches(suppression->caller, caller))))
            return true;
    }
    return false;
}

/* --- The list ------------------------------------------------------------------------------------------ */

static bool add(struct suppressions *suppressions, struct suppression suppression) {
    struct suppression *more =
        realloc(suppressions->list, (suppressions->count + 1) * sizeof *suppressions->list);
    if (!more)
        return false;
    suppressions->list = more;
    more[suppressions->count++] = suppression;
    return true;
}

bool suppressions_add_known(struct suppressions *suppressions) {
    bool done = true;
    for (size_t at = 0; done && at < sizeof known / sizeof *known; at++)
        done = add(suppressions, known[at]);
    return done;
}

const char *suppressions_read(struct suppressions *suppressions, const char *path) {
    static const char kind[] = "leak:";
    static char why[300];
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t length = file ? 0 : -1;
    bool done = file;
    if (!file)
        snprintf(why, sizeof why, "%.200s: %s", path, strerror(errno));
    for (unsigned number = 1; done && (length = getline(&line, &room, file)) >= 0; number++) {
        while (length && strchr(" \t\r\n", line[length - 1]))
            line[--length] = 0;
        const char *word = line + strspn(line, " \t");
        if (!*word || *word == '#')
            continue;
        done = strncmp(word, kind, sizeof kind - 1) == 0 && word[sizeof kind - 1];
        snprintf(why, sizeof why, "%.100s:%u: \"%.80s\" is no line like leak:PATTERN", path, number, word);
        char *kept = done ? strdup(word) : NULL;
        if (done && !(done = kept && add(suppressions, (struct suppression){
                                                           .name = kept, .pattern = kept + sizeof kind - 1})))
            snprintf(why, sizeof why, "out of memory");
    }
    if (done && ferror(file))
        done = snprintf(why, sizeof why, "%.200s: %s", path, strerror(errno)) < 0;
    free(line);
    if (file)
        fclose(file);
    return done ? NULL : why;
}

void suppress(struct suppressions *suppressions, struct profile *profile, bool counted) {
    for (uint32_t number = 0; number < profile->site_count; number++) {
        struct profile_site *site = &profile->sites[number];
        for (size_t at = 0; site->peak_bytes && at < suppressions->count; at++) {
            struct suppression *suppression = &suppressions->list[at];
            if (!site_matches(suppression, profile, site))
                continue;
            suppression->bytes += counted ? site->peak_bytes : 0;
            suppression->sites += counted;
            *site = (struct profile_site){0};
        }
    }
}

/* --- Sums ---------------------------------------------------------------------------------------------- */

/* Known ones with one name stand behind each other: one line for them. */
void suppressions_say(const struct suppressions *suppressions, FILE *out) {
    uint64_t bytes = 0, sites = 0;
    char words[WORD_BYTES], many[WORD_BYTES];
    for (size_t at = 0; at < suppressions->count; at++) {
        bytes += suppressions->list[at].bytes;
        sites += suppressions->list[at].sites;
    }
    if (!sites)
        return;
    fprintf(out, "\nleft out: %s at %s\n", word_bytes(bytes, words), word_many(sites, "call site", many));
    bytes = sites = 0;
    for (size_t at = 0; at < suppressions->count; at++) {
        const struct suppression *suppression = &suppressions->list[at];
        bytes += suppression->bytes;
        sites += suppression->sites;
        bool last = at + 1 == suppressions->count || strcmp(suppression->name, suppression[1].name) != 0;
        if (last && sites)
            fprintf(out, "%10s  %-14s %s\n", word_bytes(bytes, words), word_many(sites, "call site", many),
                    suppression->name);
        bytes = last ? 0 : bytes;
        sites = last ? 0 : sites;
    }
}
