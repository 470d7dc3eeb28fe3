/*
 * leftover.h - what is done when we end, even by SIGKILL: a file or folder of ours is removed, say.
 *
 * A signal handler can't tidy up after SIGKILL, and a time limit often ends in one. So another process
 * waits for our end and does it. It holds one end of a pair of sockets. The kernel closes the other end when
 * we end.
 *
 *      we ----- our end
 *                   |    closed by leftover_end, with a byte before; or by the kernel
 *      it ----- its end: at "end of file" it acts, after the byte it does not
 */
#ifndef HALLOC_LEFTOVER_H
#define HALLOC_LEFTOVER_H

#include <stdbool.h>

/* What another process does if we end without leftover_end. */
struct leftover {
    void (*act)(const void *what);
    const void *what;
    int fd; /* stays open there; -1: none */
};

/* There is one at a time. False: no process could be made. */
bool leftover_begin(const struct leftover *leftover);
void leftover_end(void);

/* From now on `path` is removed when we end: a file, or a folder without folders in it. False: no process
 * could be made, so only leftover_remove removes it. */
bool leftover_watch(const char *path);

/* Removes it now. */
void leftover_remove(const char *path);

#endif
