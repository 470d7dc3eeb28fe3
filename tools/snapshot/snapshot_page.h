/* snapshot_page.h - `halloc map S`: a snapshot as a page for a browser, in one file. */
#ifndef HALLOC_SNAPSHOT_PAGE_H
#define HALLOC_SNAPSHOT_PAGE_H

#include <stddef.h>

/* Writes the page; "-" is standard output. Returns the exit status. */
int snapshot_draw(const char *path, const char *page);

/* page/ as text, made by the build: what comes before the data, and after. */
extern const unsigned char snapshot_head[], snapshot_tail[];
extern const size_t snapshot_head_bytes, snapshot_tail_bytes;

#endif
