/* call_site.c - see call_site.h. */
#include "call_site.h"

#include <unwind.h>

#include "../platform/platform.h"

INTERNAL_DEFINE struct site *sites;

/* The compiler's own library walks the stack by the tables that every program has for exceptions. It neither
 * allocates nor takes a lock (glibc from 2.35 on). The shared library has it inside; elsewhere the program
 * has it, or stacks are empty. So they are in a static program: there that library sorts the tables first,
 * and allocates for it. _DYNAMIC is what a static program lacks. */
#pragma weak _Unwind_Backtrace
#pragma weak _Unwind_GetIP
extern const char _DYNAMIC[] __attribute__((weak, visibility("hidden")));

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *to) {
    struct site *site = to;
    uintptr_t address = _Unwind_GetIP(context);
    if (site->depth == SAMPLE_FRAMES || !address) /* that of the frame above the first */
        return _URC_END_OF_STACK;
    site->frame[site->depth++] = address;
    site->hash = (site->hash ^ address) * 0x9e3779b97f4a7c15u;
    site->hash ^= site->hash >> 29;
    return _URC_NO_REASON;
}

static bool make_table(void) {
    if (load_acquire(&sites))
        return true;
    size_t bytes = SAMPLE_SITES * sizeof(struct site);
    struct site *none = NULL, *made = platform_map(bytes, true);
    if (made && !__atomic_compare_exchange_n(&sites, &none, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        platform_release(made, bytes);
    return load_acquire(&sites);
}

/* The place of a hash: claimed by whoever comes first. */
static struct site *site_of_hash(struct site *table, uint64_t hash) {
    for (size_t tries = 0, at = hash % SAMPLE_SITES; tries < SAMPLE_TRIES; tries++, at++) {
        struct site *site = &table[1 + at % (SAMPLE_SITES - 1)];
        uint64_t found = 0;
        if (__atomic_compare_exchange_n(&site->hash, &found, hash, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED) ||
            found == hash)
            return site;
    }
    return table;
}

INTERNAL uint16_t site_here(void) {
    struct site here = {.hash = 1};
    if (!make_table())
        return 0;
    if (&_Unwind_Backtrace && _DYNAMIC)
        _Unwind_Backtrace(add_frame, &here);
    struct site *table = load_relaxed(&sites), *site = site_of_hash(table, here.hash | 1);
    if (site != table && !load_relaxed(&site->depth)) { /* two threads may write the same */
        for (size_t at = 0; at < here.depth; at++)
            store_relaxed(&site->frame[at], here.frame[at]);
        store_release(&site->depth, here.depth);
    }
    return (uint16_t)(site - table);
}
