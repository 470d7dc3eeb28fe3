/*
 * symbol.h - a frame of a call site in words: function, source line, module.
 *
 * elfutils' libdw finds them, if the build has it and the modules' files are unchanged. The function comes
 * from the symbol table, the line from debug information. Otherwise the words are module and offset, for
 * addr2line.
 */
#ifndef HALLOC_TRACE_SYMBOL_H
#define HALLOC_TRACE_SYMBOL_H

#include "../read/reader.h"

struct symbol {
    char function[200]; /* "" where not known */
    char file[200];     /* of the source; "" where not known */
    int line;
    const char *module;          /* the file's name without folders; "?" if unknown */
    uint64_t address, in_module; /* where it is; and as the file counts */
};

void symbol_find(const struct trace *trace, const struct trace_frame *frame, struct symbol *symbol);

/* The same in a module of libdw's, a Dwfl_Module, which is loaded in a process. */
void symbol_in_module(void *module, uint64_t address, struct symbol *symbol);

/* "intern (intern.c:88)", "store::insert (store.cc:12)", "intern (python3.11)" or "python3.11+0x1234". Fills
 * and returns room. */
const char *symbol_print(const struct symbol *symbol, char *room, size_t bytes);
const char *symbol_words(const struct trace *trace, const struct trace_frame *frame, char *room,
                         size_t bytes);

/* Closes everything that was opened for the last trace. */
void symbol_close(void);

#endif
