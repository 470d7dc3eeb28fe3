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

const char *demangle(const char *name, char *room, size_t bytes) {
    char *mangled = *name ? strndup(name, 1 + strcspn(name + 1, ".@")) : NULL;
    char *words = mangled ? written(mangled) : NULL;
    fit(room, bytes, words ? words : mangled ? mangled : name);
    free(words);
    free(mangled);
    return room;
}
