/*
 * output.h - the files that commands write. All follow one rule. A command replaces a file only if it looks
 * like a file of the same kind. And only a complete file replaces it.
 *
 *      M.html.part ----------> M.html          written beside its place; renamed when it is complete;
 *           \--> nothing                       removed after an error: then M.html stays as it was
 *
 * A device, a pipe and standard output have no such place: the command writes to them directly. A trace
 * can't go there, because it is read and written again before it is complete.
 */
#ifndef HALLOC_TRACE_OUTPUT_H
#define HALLOC_TRACE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* One kind of file. The command that writes it says how such a file is recognized. */
struct output_kind {
    const char *name;             /* "HTML page": for messages */
    const char *begins[2];        /* one of these, letters in any case; "0" stands for any digit */
    bool only_file;               /* never written to a device, a pipe or a folder */
    bool (*is)(const char *path); /* in place of `begins`, if a beginning does not tell; or NULL */
};

/* Why a file of this kind is not written there: "c.c exists and is no trace: not overwritten". NULL: it may
 * be. The answer stays until the next call of any function here. */
const char *output_refused(const char *path, const struct output_kind *kind);

/* What lies at `path` if it is no file: "a device", "a folder", ...; else NULL. */
const char *output_no_file(const char *path);

/* A new file beside that path. The caller frees its name. Without a file both are NULL. */
FILE *output_beside(const char *path, char **part);

struct output {
    FILE *file;
    char *path, *part; /* part NULL: written directly */
};

/* "-" is standard output. Returns NULL, or what went wrong. */
const char *output_open(struct output *output, const char *path, const struct output_kind *kind);
/* Puts a `whole` file in its place; otherwise the old file stays. Returns NULL, or what went wrong. */
const char *output_close(struct output *output, bool whole);

#endif
