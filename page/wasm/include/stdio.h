/* stdio.h - halloc.h names FILE, and the page never uses one. */
#pragma once
#include <stddef.h>

typedef struct page_file FILE;
