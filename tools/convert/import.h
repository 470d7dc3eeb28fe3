/*
 * import.h - reads other tools' traces into a .htrace file.
 */
#ifndef HALLOC_TRACE_IMPORT_H
#define HALLOC_TRACE_IMPORT_H

#include "../trace/write/writer.h"

#include <stdio.h>

/* A text, line by line, and the place of the line for messages. */
struct import {
    FILE *file;
    struct trace_writer *writer;
    char line[1024];
    uint64_t offset; /* of the line in the file */
    uint64_t next_offset, number, operations, length;
    struct trace_problem problem;
};

/* The next line that is not empty, without its newline. False at the end. */
bool import_line(struct import *import);
/* Sets the problem "line 12: ...", at the line's offset. Returns false. */
bool import_wrong(struct import *import, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Each starts with the first line already read. False: see import->problem; earlier lines were written. */
bool import_rep(struct import *import);
bool import_script(struct import *import);
bool import_valgrind(struct import *import);
bool import_heaptrack(struct import *import);

#endif
