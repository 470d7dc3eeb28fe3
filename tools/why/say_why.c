/* say_why.c - the ledger, the slabs and the doctor's findings, for people. */
#include "why.h"

#include "../base/words.h"
#include "doctor.h"

#include <stdlib.h>

#define CLASSES_SHOWN 8
#define MAPPINGS_SHOWN 5

static void print_head(const struct view *view, const struct ledger *ledger) {
    char bytes[WORD_BYTES], time[WORD_BYTES];
    printf("process %llu, %s: %s resident", (unsigned long long)view->pid, view->program,
           word_bytes(ledger->resident, bytes));
    if (view->paused_ns)
        printf("; it stood still for %s\n", word_time(view->paused_ns, time));
    else
        puts("; it went on meanwhile, so figures may not fit together");
    if (view->astray)
        printf("%llu free lists could not be followed to their end: threads were changing them, or the "
               "program wrote\n"
               "into free memory\n",
               (unsigned long long)view->astray);
}

static void print_ledger(const struct ledger *ledger) {
    puts("\nwhere its memory is");
    for (unsigned line = 0; line < LEDGER_LINES; line++) {
        char words[WORD_BYTES];
        int64_t bytes = ledger->bytes[line];
        if (!bytes && line != LEDGER_REST)
            continue;
        printf("  %-44s %s%10s  %5.1f %%\n", ledger_words(line), bytes < 0 ? "-" : " ",
               word_bytes((uint64_t)llabs(bytes), words),
               word_percent(100.0 * (double)bytes / (double)ledger->resident));
    }
}

static void print_heap(const struct view *view, const struct ledger *ledger) {
    char objects[WORD_BYTES], live[WORD_BYTES], many[WORD_BYTES], large[WORD_BYTES], most[WORD_BYTES];
    printf("\n%s of the program take%s %s", word_many(ledger->live_objects, "live object", objects),
           ledger->live_objects == 1 ? "s" : "", word_bytes(ledger->live_bytes, live));
    if (ledger->large_objects)
        printf(ledger->large_objects == 1 ? "; %s is a block of its own, of %s"
                                          : "; %s are blocks of their own, %s together, the largest %s",
               word_many(ledger->large_objects, "object", many), word_bytes(ledger->large_bytes, large),
               word_bytes(ledger->largest_bytes, most));
    puts(".");
    if (view->counting && view->requested_bytes)
        printf("Rounding adds %.1f %% to what is asked for, over all requests so far.\n",
               100.0 * ((double)view->granted_bytes / (double)view->requested_bytes - 1));
    printf("At its peak the heap had %s in use; %s were given back so far.\n",
           word_bytes(view->peak_used_bytes, live), word_bytes(view->purged_bytes, large));
}

static int by_memory(const void *left, const void *right) {
    const struct ledger_class *one = left, *other = right;
    uint64_t mine = one->used_bytes + one->free_bytes, theirs = other->used_bytes + other->free_bytes;
    return (mine < theirs) - (mine > theirs);
}

static void print_classes(const struct view *view, struct ledger *ledger) {
    qsort(ledger->classes, ledger->class_count, sizeof *ledger->classes, by_memory);
    if (!ledger->class_count)
        return;
    puts("\nslabs by slot size, the largest first; pages without an object can go, pinned memory can't");
    printf("  %6s %11s %10s %10s %7s  %-27s %9s %9s\n", "slot", "objects", "live", "free", "slabs",
           "<1/4   <1/2   <3/4   fuller", "can go", "pinned");
    for (size_t index = 0; index < ledger->class_count && index < CLASSES_SHOWN; index++) {
        const struct ledger_class *class = &ledger->classes[index];
        char objects[WORD_BYTES], live[WORD_BYTES], free_room[WORD_BYTES], idle[WORD_BYTES],
            pinned[WORD_BYTES];
        printf("  %6u %11s %10s %10s %7llu  %-6llu %-6llu %-6llu %-6llu %9s %9s\n", class->slot_bytes,
               word_count(class->used_slots, objects), word_bytes(class->used_bytes, live),
               word_bytes(class->free_bytes, free_room), (unsigned long long)class->slabs,
               (unsigned long long)class->full[0], (unsigned long long)class->full[1],
               (unsigned long long)class->full[2], (unsigned long long)class->full[3],
               word_bytes(class->idle_pages * view->page_bytes, idle),
               word_bytes(class->pinned_bytes, pinned));
    }
}

static int by_resident(const void *left, const void *right) {
    const struct mapping *one = *(struct mapping *const *)left, *other = *(struct mapping *const *)right;
    return (one->resident < other->resident) - (one->resident > other->resident);
}

static void print_mappings(const struct view *view) {
    const struct mapping **sorted = malloc((view->mapping_count + 1) * sizeof *sorted);
    size_t count = 0;
    for (size_t index = 0; sorted && index < view->mapping_count; index++)
        if (view->mappings[index].kind > MAPPING_TABLES && view->mappings[index].resident)
            sorted[count++] = &view->mappings[index];
    if (count) {
        qsort(sorted, count, sizeof *sorted, by_resident);
        puts("\nthe largest mappings that are not the heap's");
    }
    for (size_t index = 0; index < count && index < MAPPINGS_SHOWN; index++) {
        const struct mapping *mapping = sorted[index];
        char bytes[WORD_BYTES];
        bool is_files = mapping->kind == MAPPING_FILE && !mapping->name[0]; /* right behind it: mappings.c */
        printf("  %#14llx %10s  %s%s\n", (unsigned long long)mapping->from,
               word_bytes(mapping->resident, bytes),
               is_files                         ? mapping[-1].name
               : mapping->name[0]               ? mapping->name
               : mapping->kind == MAPPING_STACK ? "a thread's stack"
                                                : "anonymous",
               is_files ? ": variables" : "");
    }
    free(sorted);
}

static void print_findings(const struct view *view, const struct ledger *ledger) {
    struct finding findings[DOCTOR_FINDINGS_MOST];
    size_t count = doctor(view, ledger, findings);
    puts(count ? "\nwhat could be better"
               : "\nNo known problem takes 16 MiB or more. If the program grows, its own objects do:\n"
                 "`halloc leaks` names who allocates them.");
    for (size_t index = 0; index < count; index++)
        printf("  %s: %s\n    %s\n", findings[index].name, findings[index].what, findings[index].help);
}

void why_print(const struct view *view, const struct who *who, const struct unchanged *unchanged) {
    struct ledger ledger;
    ledger_make(view, &ledger);
    print_head(view, &ledger);
    print_ledger(&ledger);
    print_heap(view, &ledger);
    print_findings(view, &ledger);
    print_classes(view, &ledger);
    if (unchanged)
        unchanged_print(view, unchanged);
    if (who)
        who_print(who);
    print_mappings(view);
}

void why_print_json(const struct view *view, const struct who *who, const struct unchanged *unchanged) {
    struct ledger ledger;
    struct finding findings[DOCTOR_FINDINGS_MOST];
    ledger_make(view, &ledger);
    size_t count = doctor(view, &ledger, findings);
    printf("{\"pid\": %llu, \"resident_bytes\": %llu, \"paused_ns\": %llu, \"astray\": %llu,\n "
           "\"live_objects\": %llu, "
           "\"live_bytes\": %llu, \"idle_bytes\": %llu, \"pinned_bytes\": %llu,\n \"ledger\": {",
           (unsigned long long)view->pid, (unsigned long long)ledger.resident,
           (unsigned long long)view->paused_ns, (unsigned long long)view->astray,
           (unsigned long long)ledger.live_objects, (unsigned long long)ledger.live_bytes,
           (unsigned long long)ledger.idle_bytes, (unsigned long long)ledger.pinned_bytes);
    for (unsigned line = 0; line < LEDGER_LINES; line++)
        printf("%s\"%s\": %lld", line ? ", " : "", ledger_name(line), (long long)ledger.bytes[line]);
    printf("},\n \"findings\": [");
    for (size_t index = 0; index < count; index++)
        printf("%s\"%s\"", index ? ", " : "", findings[index].name);
    printf("]%s", unchanged ? ",\n " : "");
    if (unchanged)
        unchanged_print_json(view, unchanged);
    printf("%s", who ? ",\n " : "");
    if (who)
        who_print_json(who);
    puts("}");
}
