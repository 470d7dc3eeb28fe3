/*
 * snapshot.h - a look at a process, kept in a file.
 *
 *      halloc-snapshot 1
 *      process 17 4096 redis-server              pid, bytes of a page, program
 *      figure base 139637976727552               the members of struct view, one a line
 *      thread 140 1 0 3 96                       cache, lives, kept bytes, listed slots, their bytes
 *      block 16384 65536 1 1 112 585 0 3#2.580#  start, bytes, kind; state, slot, carved, thread, slots
 *      pages 4+2-12+                             resident (+) or not (-), from the region's base on
 *      mapping 1000 2000 4096 0 0 0 3 /bin/x     from, to, resident, huge, locked, swapped, kind, name
 *      end 1234                                  lines before this one
 *
 * Lines of text: a person can read them, and a line more does no harm to an older reader.
 */
#ifndef HALLOC_SNAPSHOT_SNAPSHOT_H
#define HALLOC_SNAPSHOT_SNAPSHOT_H

#include "../live/view.h"

#include <stdio.h>

#define SNAPSHOT_MAGIC "halloc-snapshot 1"

void snapshot_write(const struct view *view, FILE *file);

/* Does the file begin like a snapshot? */
bool snapshot_is(const char *path);

/* Returns NULL, or what is wrong, with the line. The caller frees the view in any case. */
const char *snapshot_read(const char *path, struct view *view);

#endif
