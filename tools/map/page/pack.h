/*
 * pack.h - bytes in a page of text: squeezed with deflate where zlib is there, then as base64.
 *
 * The browser undoes both by itself (atob, DecompressionStream), so the page needs no code for it. Without
 * zlib the bytes stay as they are, and a page of the same size holds a shorter window.
 */
#ifndef HALLOC_MAP_PACK_H
#define HALLOC_MAP_PACK_H

#include "../bytes.h"

/* What the page must undo besides base64: "deflate-raw" or "none". */
extern const char pack_format[];

/* Appends the packed bytes to the text. */
void pack(struct bytes *text, const struct bytes *bytes);

#endif
