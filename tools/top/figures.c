/* figures.c - see figures.h. */
#include "figures.h"

#include "../base/terminal.h"
#include "../base/words.h"
#include "../live/ledger.h"

/* On a terminal of 80 columns names have the kernel's 15 bytes, and the threads are left out. */
static int is_wide(void) {
    return terminal_columns() > 90;
}

void figures_print_head(const char *time) {
    int more = is_wide();
    terminal_line("%s%*s  %-*s\t %10s\t %10s\t %10s\t %10s\t %*s\t %7s", time, 7 + more, "PID", 15 + more,
                  "PROGRAM", "RESIDENT", "LIVE", "FREE", "PEAK", 11 + more, "OBJECTS", "THREADS");
}

void figures_print(const char *time, const struct view *view, const char *why) {
    char resident[WORD_BYTES], live[WORD_BYTES], kept[WORD_BYTES], peak[WORD_BYTES], objects[WORD_BYTES];
    unsigned long long pid = view->pid;
    struct ledger ledger;
    int more = is_wide(), bytes = 15 + more; /* of a column of its own: letters are counted */
    for (const char *at = view->program; *at; at++)
        bytes += (*at & 0xc0) == 0x80; /* bytes of a letter behind its first */
    if (why) {
        terminal_line("%s%*llu  %-*s %s", time, 7 + more, pid, bytes, view->program, why);
        return;
    }
    ledger_make(view, &ledger);
    terminal_line("%s%*llu  %-*s\t %10s\t %10s\t %10s\t %10s\t %*s\t %7llu", time, 7 + more, pid, bytes,
                  view->program, word_bytes(ledger.resident, resident), word_bytes(ledger.live_bytes, live),
                  word_bytes(ledger_free_bytes(&ledger), kept), word_bytes(view->peak_used_bytes, peak),
                  11 + more, word_count(ledger.live_objects, objects), (unsigned long long)view->tasks);
}
