/*
 * output.h - the files that commands write. One rule for all: what stands at the name is replaced only if it
 * looks like what the command writes, and only by something whole.
 *
 *      M.html.part ----------> M.html          written beside its place, renamed when all is well,
 *           \--> nothing                       removed when not: then M.html is as it was
 *
 * A device, a pipe and standard output have no such place, and are written straight. A trace is never one of
 * those: it is read and written again before it is whole.
 */
#ifndef HALLOC_TRACE_OUTPUT_H
#define HALLOC_TRACE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* One kind of file. The command that writes it says how such a file is recognized. */
struct output_kind {
    const char *name;      /* "HTML page": for messages */
    const char *begins[2]; /* one of these, letters in any case; "0" stands for any digit */
    bool only_file;        /* never written to a device, a pipe or a folder */
};

/* Why a file of this kind is not written there: "c.c exists and is no trace: not overwritten". NULL: it may
 * be. The answer stays until the next call of any function here. */
const char *output_refused(const char *path, const struct output_kind *kind);

/* What lies there and is no file, which a trace would replace: "a device", "a folder", ...; else NULL. */
const char *output_no_file(const char *path);

/* A new file beside that path. Its name is the caller's to free; NULL, with the file, if there is none. */
FILE *output_beside(const char *path, char **part);

struct output {
    FILE *file;
    char *path, *part; /* part NULL: written straight */
};

/* "-" is standard output. NULL: done; else why not. */
const char *output_open(struct output *output, const char *path, const struct output_kind *kind);
/* Puts it in its place; if it is not `whole`, leaves there what was there. NULL: done; else why not. */
const char *output_close(struct output *output, bool whole);

#endif
