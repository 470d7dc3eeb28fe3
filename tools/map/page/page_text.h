/*
 * page_text.h - the page's text around its data. The build makes page_text.c from page.html, page.css and
 * the scripts (embed.cmake). So these stay files of their own kinds, and the command needs no file beside
 * it.
 */
#ifndef HALLOC_MAP_PAGE_TEXT_H
#define HALLOC_MAP_PAGE_TEXT_H

#include <stddef.h>

extern const unsigned char page_head[], page_tail[];
extern const size_t page_head_bytes, page_tail_bytes;

#endif
