/* counters.c - where this process counts, until counters_file.c finds a file to share. */
#include "counters.h"

INTERNAL_DEFINE struct counters own_counters;
INTERNAL_DEFINE struct counters *counters = &own_counters;
INTERNAL_DEFINE bool counting;
INTERNAL_DEFINE uint32_t live_caches;
