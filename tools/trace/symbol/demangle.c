/* demangle.c - see demangle.h. */
#include "demangle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HALLOC_LIBIBERTY
#include <libiberty/demangle.h>

/* The caller frees it. NULL: it is no mangled name. */
static char *written(const char *mangled) {
    return cplus_demangle(mangled, DMGL_AUTO | DMGL_ANSI);
}

#else

static char *written(const char *mangled) {
    (void)mangled;
    return NULL;
}

#endif

static void fit(char *room, size_t bytes, const char *words) {
    static const char rest[] = "...";
    if ((size_t)snprintf(room, bytes, "%s", words) >= bytes && bytes > sizeof rest)
        memcpy(room + bytes - sizeof rest, rest, sizeof rest);
}

/* Names of Rust's older way end in a hash, "17h05af221e174051e9E", and may have dots before it. What stands
 * behind it was appended. */
static void cut_behind_hash(char *name) {
    for (char *at = name; (at = strstr(at, "17h")); at++)
        if (strspn(at + 3, "0123456789abcdef") == 16 && at[19] == 'E')
            at[20] = 0;
}

/* Only a name that is not mangled ends at its first dot. The demangler knows where others end. */
const char *demangle(const char *name, char *room, size_t bytes) {
    char *mangled = *name ? strndup(name, 1 + strcspn(name + 1, "@")) : NULL, *words = NULL;
    if (mangled) {
        cut_behind_hash(mangled);
        words = written(mangled);
    }
    if (mangled && !words) {
        mangled[1 + strcspn(mangled + 1, ".")] = 0;
        words = written(mangled);
    }
    fit(room, bytes, words ? words : mangled ? mangled : name);
    free(words);
    free(mangled);
    return room;
}
