/*
 * leftover.h - a file or folder of ours that goes when we end, however we end.
 *
 * A signal handler can't tidy up after SIGKILL, and a time limit often ends in one. So another process waits
 * for our end and does it: it holds one end of a pipe, and the kernel closes the other with our last breath.
 *
 *      we ----- the pipe's writing end
 *                   |    closed: by leftover_remove, or by the kernel
 *      it ----- the reading end: "end of file", so away with it
 */
#ifndef HALLOC_LEFTOVER_H
#define HALLOC_LEFTOVER_H

#include <stdbool.h>

/* From now on `path` goes with us: a file, or a folder with no folders in it. One at a time. False: no
 * process could be made, so only leftover_remove removes it. */
bool leftover_watch(const char *path);

/* Removes it now. */
void leftover_remove(const char *path);

#endif
