/*
 * conf.h - HALLOC_CONF="key:value,key:value": what a user may choose without recompiling.
 *
 * Read once, before the first block is given; ignored in set-uid programs. Unknown keys and bad values warn
 * once and change nothing. `HALLOC_CONF=help` prints the keys.
 */
#pragma once

#include "../base/config.h"

enum conf_heap { CONF_HEAP_PROCESS, CONF_HEAP_CLASSIC };
enum conf_thp { CONF_THP_GROWN, CONF_THP_SYSTEM, CONF_THP_NEVER, CONF_THP_ALL };

struct conf {
    unsigned heap;            /* enum conf_heap */
    const halloc_policy *fit; /* NULL: the heap's own default */
    unsigned stats_print;     /* 0 or 1: statistics to stderr at exit */
    unsigned harden;          /* 0 or 1: check everything that costs time (harden.h) */
    unsigned purge;           /* 0 or 1: give free memory back to the OS */
    unsigned purge_thread;    /* 0 or 1: also while the program sleeps */
    unsigned thp;             /* enum conf_thp */
    unsigned live;            /* 0 or 1: `halloc why` and its kin look at the process */
    size_t reserve_bytes;
    bool limit_is_cgroups; /* limit_bytes is a mark, where to look at the cgroup again (limit.h) */
    size_t limit_bytes;    /* that the heap may hold; 0: any number. Changes under the region's lock */
    size_t sample_always;  /* mean distance of samples, as the program or its user chose; 0: none */
    size_t sample_bytes;   /* the same now: `halloc profile` changes it from outside */
    size_t guard_bytes;    /* 0: they are not guarded */
};

INTERNAL_DATA struct conf conf;

/* Reads the program's halloc_conf, then the environment, on the first call. */
INTERNAL void conf_load(void);
