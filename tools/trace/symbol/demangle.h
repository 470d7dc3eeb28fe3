/*
 * demangle.h - names of functions as programmers wrote them.
 *
 *      _ZN5store6insertERKi                              store::insert            C++
 *      _ZN5store6insert17h05af221e174051e9E              store::insert            Rust, the older way
 *      _RNvCs1234_5store6insert                          store::insert            Rust, "v0"
 *
 * GNU's libiberty does it, if the build found it: it knows C++ and both ways of Rust. Otherwise C++'s own
 * runtime has a function for C++ names. Without either, and for names of C, a name stays as it is.
 */
#ifndef HALLOC_TRACE_DEMANGLE_H
#define HALLOC_TRACE_DEMANGLE_H

#include <stddef.h>

/* Without parameters, and without what a compiler appends to its copies of a function (".constprop.0"), or a
 * library to its versions ("@@GLIBC_2.34"). A name that is too long ends in "...". Fills and returns room. */
const char *demangle(const char *name, char *room, size_t bytes);

#endif
