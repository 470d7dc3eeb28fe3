/* stdio.h - halloc.h names FILE; a machine without a libc has none. */
#pragma once
#include <stddef.h>

typedef struct halloc_file FILE;
