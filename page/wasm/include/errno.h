/* errno.h - see string.h. */
#pragma once

extern int page_errno;
#define errno page_errno
#define EINVAL 22
#define ENOMEM 12
#define EEXIST 17
