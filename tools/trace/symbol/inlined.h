/*
 * inlined.h - the functions and lines of one address, from debug information (DWARF, by elfutils' libdw).
 *
 *      main (a.cc:40)                    a function of the symbol table
 *        insert (store.h:12)             a call that the compiler replaced by the function itself
 *          grow (store.h:7)              and one within it: here is the address
 *
 * Each line is where the next function is called; the last one is the line of the address.
 */
#ifndef HALLOC_TRACE_INLINED_H
#define HALLOC_TRACE_INLINED_H

#include "symbol.h"

/* `module` is a Dwfl_Module. Fills the names and lines of symbols, the innermost first; the last one is that
 * of the symbol table. How many: at least one. */
unsigned inlined_find(void *module, uint64_t address, struct symbol symbols[SYMBOLS_MOST]);

#endif
