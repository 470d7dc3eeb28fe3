/* figures.h - one line about a process, for `halloc ps` and `halloc top`. */
#ifndef HALLOC_TOP_FIGURES_H
#define HALLOC_TOP_FIGURES_H

#include "../live/view.h"

/* `time` stands before the line. */
void figures_print_head(const char *time);

/* `why`: it can't be read; then the view has only its pid and program. */
void figures_print(const char *time, const struct view *view, const char *why);

#endif
