/* counters.c - where this process counts, until start.c finds a file to share. */
#include "counters.h"

static struct counters own_counters;
INTERNAL_DEFINE struct counters *counters = &own_counters;
INTERNAL_DEFINE bool counting;
