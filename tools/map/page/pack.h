/*
 * pack.h - bytes in a page of text: compressed with deflate if the build has zlib, then as base64.
 *
 * The browser can undo both (atob, DecompressionStream), so the page needs no code for that. Without zlib
 * the bytes are not compressed, and a page of the same size has a shorter window.
 */
#ifndef HALLOC_MAP_PACK_H
#define HALLOC_MAP_PACK_H

#include "../bytes.h"

/* What the page must undo besides base64: "deflate-raw" or "none". */
extern const char pack_format[];

/* Appends the packed bytes to the text. */
void pack(struct bytes *text, const struct bytes *bytes);

#endif
