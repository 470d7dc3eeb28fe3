/*
 * waiting.h - lets a process run on for some seconds, unless it ends first or the user wants no more.
 *
 * Who has changed something in a process must change it back, also after Ctrl-C. So signals that end this
 * command end only the wait. timeout(1) sends two of them. One that comes after the change back ends the
 * command at once.
 */
#ifndef HALLOC_LIVE_WAITING_H
#define HALLOC_LIVE_WAITING_H

#include "far.h"

/* Before the change. False: there is no such process, or it is not yours. */
bool waiting_begin(struct far *far, pid_t pid);

/* Shows `what` meanwhile. Returns NULL, also if a signal came, or why the process can't be read any more. */
const char *waiting_seconds(const struct far *far, uint64_t seconds, const char *what);

/* After the change back: signals end this command again. */
void waiting_end(struct far *far);

#endif
