/*
 * original.h - the lock of the original functions' heap, for fork.
 */
#ifndef HALLOC_ORIGINAL_H
#define HALLOC_ORIGINAL_H

#include "../platform/lock.h"

INTERNAL_DATA struct lock original_lock;

#endif
