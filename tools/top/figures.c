/* figures.c - see figures.h. */
#include "figures.h"

#include "../base/words.h"
#include "../live/ledger.h"

#define NAME_LETTERS 16 /* the kernel keeps 15 bytes of a name */

void figures_print_head(void) {
    printf("%8s  %-16s %10s %10s %10s %10s %12s %7s\n", "PID", "PROGRAM", "RESIDENT", "LIVE", "FREE", "PEAK",
           "OBJECTS", "THREADS");
}

/* The name in a column of its own: letters are counted, and not bytes. */
static void print_name(const struct view *view) {
    int others = 0;
    for (const char *at = view->program; *at; at++)
        others += (*at & 0xc0) == 0x80; /* bytes of a letter behind its first */
    printf("%8llu  %-*s ", (unsigned long long)view->pid, NAME_LETTERS + others, view->program);
}

void figures_print(const struct view *view, const char *why) {
    if (why) {
        print_name(view);
        puts(why);
        return;
    }
    char resident[WORD_BYTES], live[WORD_BYTES], kept[WORD_BYTES], peak[WORD_BYTES], objects[WORD_BYTES];
    struct ledger ledger;
    ledger_make(view, &ledger);
    print_name(view);
    printf("%10s %10s %10s %10s %12s %7llu\n", word_bytes(ledger.resident, resident),
           word_bytes(ledger.live_bytes, live), word_bytes(ledger_free_bytes(&ledger), kept),
           word_bytes(view->peak_used_bytes, peak), word_count(ledger.live_objects, objects),
           (unsigned long long)view->tasks);
}
