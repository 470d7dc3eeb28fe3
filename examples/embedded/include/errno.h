/* errno.h - for a machine without a libc: see string.h. */
#pragma once

extern int halloc_errno;
#define errno halloc_errno
#define EINVAL 22
#define ENOMEM 12
#define EEXIST 17
