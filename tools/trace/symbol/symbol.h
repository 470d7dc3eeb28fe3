/*
 * symbol.h - a frame of a call site in words: function, source line, module.
 *
 * With elfutils' libdw, where the build found it, and the modules' files still as they were: a function
 * from the symbol table, a line from debug information. Otherwise module and offset, which addr2line takes.
 */
#ifndef HALLOC_TRACE_SYMBOL_H
#define HALLOC_TRACE_SYMBOL_H

#include "../read/reader.h"

struct symbol {
    char function[200]; /* "" where not known */
    char file[200];     /* of the source; "" where not known */
    int line;
    const char *module; /* the file's name without folders; "?" where none */
};

void symbol_find(const struct trace *trace, const struct trace_frame *frame, struct symbol *symbol);

/* "intern (intern.c:88)", "store::insert (store.cc:12)", "intern (python3.11)" or "python3.11+0x1234". Fills
 * and returns room. */
const char *symbol_words(const struct trace *trace, const struct trace_frame *frame, char *room,
                         size_t bytes);

/* What was opened for the last trace is closed. */
void symbol_close(void);

#endif
