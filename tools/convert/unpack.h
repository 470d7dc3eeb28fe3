/*
 * unpack.h - a compressed file as its text.
 *
 *      F.zst --- zstd -dc ---> pipe ---> FILE        the tool runs as a child process
 *      F.gz  --- gzip -dc ---> pipe ---> FILE
 *      F     -------------------------> FILE        any other file is what it is
 */
#ifndef HALLOC_CONVERT_UNPACK_H
#define HALLOC_CONVERT_UNPACK_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct unpacking {
    FILE *text;       /* to read from; NULL: the tool can't be started, and errno says why */
    const char *tool; /* NULL: the file is not compressed */
    pid_t child;
};

/* Takes the file. */
struct unpacking unpack(FILE *file);

/* Closes the text, once. `whole`: it was read to its end. False: then the tool complained, so the file is
 * damaged. */
bool unpack_end(struct unpacking *unpacking, bool whole);

#endif
