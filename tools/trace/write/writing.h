/*
 * writing.h - what the files of a writer share.
 *
 *      writer.c        operations, thread by thread
 *      write_site.c    call sites and names
 *      write_block.c   blocks of both, into the file
 */
#ifndef HALLOC_TRACE_WRITING_H
#define HALLOC_TRACE_WRITING_H

#include "writer.h"
#include "../format/format.h"
#include "../format/varint.h"

#include <stdio.h>

struct making { /* a thread's block */
    struct trace_block header;
    uint8_t *bytes, *sites;
    size_t used, sites_used;
    uint64_t objects, last_other;
};

struct gathered { /* a block of sites or of names */
    uint8_t *bytes;
    size_t used, room;
    uint32_t count;
    uint64_t all; /* in this block and those before */
};

struct trace_writer {
    FILE *file;
    char *path, *part;
    struct making *threads;
    uint32_t thread_count;
    uint64_t now_ns, sequence;
    bool has_sites;
    uint32_t site; /* of the objects that begin */
    struct gathered sites, names;
    int error;
};

/* Keeps errno, if it is the first error. */
void writer_fail(struct trace_writer *writer);
void writer_put(struct trace_writer *writer, const void *bytes, size_t count);

/* Writes the header and the columns, end to end. Sets the header's places and stride. */
void writer_put_block(struct trace_writer *writer, struct trace_block *header,
                      const uint8_t *const columns[COLUMNS]);

/* Writes the sites and names that are left. */
void writer_end_sites(struct trace_writer *writer);

#endif
