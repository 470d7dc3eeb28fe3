/* figures.c - see figures.h. */
#include "figures.h"

#include "../base/words.h"
#include "../live/ledger.h"

void figures_print_head(void) {
    printf("%8s  %-16s %10s %10s %10s %10s %12s %7s\n", "PID", "PROGRAM", "RESIDENT", "LIVE", "FREE", "PEAK",
           "OBJECTS", "THREADS");
}

void figures_print(const struct view *view, const char *why) {
    if (why) {
        printf("%8llu  %-16.16s %s\n", (unsigned long long)view->pid, view->program, why);
        return;
    }
    char resident[WORD_BYTES], live[WORD_BYTES], kept[WORD_BYTES], peak[WORD_BYTES], objects[WORD_BYTES];
    struct ledger ledger;
    ledger_make(view, &ledger);
    printf("%8llu  %-16.16s %10s %10s %10s %10s %12s %7llu\n", (unsigned long long)view->pid, view->program,
           word_bytes(ledger.resident, resident), word_bytes(ledger.live_bytes, live),
           word_bytes(ledger_free_bytes(&ledger), kept), word_bytes(view->peak_used_bytes, peak),
           word_count(ledger.live_objects, objects), (unsigned long long)view->tasks);
}
