/* why.h - prints what a look at a process found, for people and for programs. */
#ifndef HALLOC_WHY_WHY_H
#define HALLOC_WHY_WHY_H

#include "unchanged.h"
#include "who.h"

/* `who` is NULL if a file is looked at, `unchanged` if there is no earlier look. */
void why_print(const struct view *view, const struct who *who, const struct unchanged *unchanged);
void why_print_json(const struct view *view, const struct who *who, const struct unchanged *unchanged);

#endif
