/*
 * classify.h - which kind of pointer is it?
 *
 *      its unit has a slab     a slot, if one starts there
 *      its unit is a block's   a large block
 *      it is a zero address    an object of size 0
 *      it is a guarded place   an object between pages without access
 *      otherwise               misuse: fatal.h
 */
#pragma once

#include "../harden/harden.h"

/* Usable bytes of what starts at ptr. MISUSED: nothing does, which is reported under the call's name. */
#define MISUSED SIZE_MAX
INTERNAL size_t process_usable(void *ptr, const char *call);
