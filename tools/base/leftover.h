/*
 * leftover.h - a file or folder of ours that is removed when we end, even by SIGKILL.
 *
 * A signal handler can't tidy up after SIGKILL, and a time limit often ends in one. So another process
 * waits for our end and removes the file. It holds one end of a pipe. The kernel closes the other end when
 * we end.
 *
 *      we ----- the pipe's writing end
 *                   |    closed by leftover_remove, or by the kernel
 *      it ----- the reading end: at "end of file" it removes the file
 */
#ifndef HALLOC_LEFTOVER_H
#define HALLOC_LEFTOVER_H

#include <stdbool.h>

/* From now on `path` is removed when we end: a file, or a folder without folders in it. There is one at a
 * time. False: no process could be made, so only leftover_remove removes it. */
bool leftover_watch(const char *path);

/* Removes it now. */
void leftover_remove(const char *path);

#endif
