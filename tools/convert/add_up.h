/* add_up.h - a trace added up by call site. What is in use in it was live at the peak of the program. */
#ifndef HALLOC_CONVERT_ADD_UP_H
#define HALLOC_CONVERT_ADD_UP_H

#include "../profile/profile.h"
#include "../trace/read/reader.h"

/* False: out of memory. The profile uses names of the trace's symbols: symbol_close comes after it. */
bool add_up(struct profile *profile, const struct trace *trace);

#endif
