/* seal.c - see seal.h. */
#include "seal.h"

INTERNAL_DEFINE uint64_t harden_secret;
