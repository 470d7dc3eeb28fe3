/*
 * symbol.h - a frame of a call site in words: function, source line, module.
 *
 * elfutils' libdw finds them, if the build has it and the modules' files are unchanged. The function comes
 * from the symbol table, the line from debug information. So do functions that were inlined: one frame may
 * have several symbols (inlined.h). Otherwise the words are module and offset, for
 * addr2line.
 */
#ifndef HALLOC_TRACE_SYMBOL_H
#define HALLOC_TRACE_SYMBOL_H

#include "../read/reader.h"

/* All names in it may be shown as they are (plain.h). */
struct symbol {
    char function[200]; /* "" where not known */
    char file[200];     /* of the source; "" where not known */
    int line;
    bool inlined;                /* into the function of the next symbol, which has the same address */
    const char *module;          /* the file's name without folders; "?" if unknown */
    uint64_t address, in_module; /* where it is; and as the file counts */
};

#define SYMBOLS_MOST 16 /* for one frame: the function, and those that were inlined into it */

/* A module's name, as it may be shown. */
const char *symbol_module(const char *path);

/* Those of a frame, the innermost first: at least one. How many. */
unsigned symbols_find(const struct trace *trace, const struct trace_frame *frame,
                      struct symbol symbols[SYMBOLS_MOST]);

/* The same in a module of libdw's, a Dwfl_Module, which is loaded in a process. */
unsigned symbols_in_module(void *module, uint64_t address, struct symbol symbols[SYMBOLS_MOST]);

/* Those of the first frames of a site. */
unsigned symbols_of_site(const struct trace *trace, uint32_t site, unsigned frames_most,
                         struct symbol *symbols, unsigned most);

/* Those at an offset from where a file is loaded; 0: the file can't be read. */
unsigned symbols_in_file(const char *path, uint64_t offset, struct symbol symbols[SYMBOLS_MOST]);
bool symbols_can_be_found(void); /* was libdw there at the build? */

/* A function of C++'s or Rust's own library, inlined into another: where there is little room, nobody misses
 * it. */
bool symbol_is_plumbing(const struct symbol *symbol);

/* A function of Halloc's library. Where that is linked in, one that the program calls, or the slow path that
 * such a function jumps to. They are among the first frames of a stack. */
bool symbol_is_entry(const struct symbol *symbol);
#define SYMBOL_ENTRY_MOST 16

/* "intern", or "python3.11+0x1234" where the function is not known. Both fill and return room, with what may
 * be shown (plain.h). */
const char *symbol_name(const struct symbol *symbol, char *room, size_t bytes);

/* "intern (intern.c:88)", "store::insert (store.cc:12)", "intern (python3.11)" or "python3.11+0x1234". */
const char *symbol_print(const struct symbol *symbol, char *room, size_t bytes);

/* Closes everything that was opened for the last trace, and files. */
void symbol_close(void);

#endif
