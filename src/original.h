/*
 * original.h - the lock of the original functions' heap, for fork. Layer 4.
 */
#ifndef HALLOC_ORIGINAL_H
#define HALLOC_ORIGINAL_H

#include "lock.h"

INTERNAL_DATA struct lock original_lock;

#endif
