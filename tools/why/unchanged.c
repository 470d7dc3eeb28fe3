/* unchanged.c - see unchanged.h. */
#include "unchanged.h"

#include "../base/words.h"

#include <stdlib.h>
#include <string.h>

static bool is_as_before(const struct view_block *now, const struct view_block *before) {
    return now->start == before->start && now->kind == VIEW_SLAB && before->kind == VIEW_SLAB &&
           now->slot_bytes == before->slot_bytes && now->carved == before->carved &&
           now->used == before->used && !now->slots == !before->slots &&
           (!now->slots || memcmp(now->slots, before->slots, now->carved) == 0);
}

/* Blocks are in the order of their addresses in both. */
static size_t copy_unchanged(const struct view *now, const struct view *earlier,
                             struct view_block *unchanged) {
    size_t count = 0, before = 0;
    for (size_t index = 0; index < now->block_count; index++) {
        const struct view_block *block = &now->blocks[index];
        while (before < earlier->block_count && earlier->blocks[before].start < block->start)
            before++;
        if (before < earlier->block_count && is_as_before(block, &earlier->blocks[before]))
            unchanged[count++] = *block;
    }
    return count;
}

const char *unchanged_find(const struct view *now, const struct view *earlier, struct unchanged *unchanged) {
    if (now->pid != earlier->pid || now->base != earlier->base)
        return "is of another process";
    if (now->taken_at < earlier->taken_at)
        return "is the later one of the two";
    struct view only_unchanged = *now;
    only_unchanged.blocks = calloc(now->block_count + 1, sizeof *only_unchanged.blocks);
    if (!only_unchanged.blocks)
        return "out of memory";
    only_unchanged.block_count = copy_unchanged(now, earlier, only_unchanged.blocks);
    unchanged->seconds = now->taken_at - earlier->taken_at;
    ledger_make(&only_unchanged, &unchanged->ledger);
    free(only_unchanged.blocks);
    return NULL;
}

void unchanged_print(const struct view *view, const struct unchanged *unchanged) {
    printf("\nslabs that are as they were %llu s before: nothing came there, and nothing went\n",
           (unsigned long long)unchanged->seconds);
    if (!unchanged->ledger.class_count) {
        puts("  none");
        return;
    }
    printf("  %6s %11s %10s %7s %9s %9s\n", "slot", "objects", "live", "slabs", "can go", "pinned");
    for (size_t index = 0; index < unchanged->ledger.class_count; index++) {
        const struct ledger_class *class = &unchanged->ledger.classes[index];
        char objects[WORD_BYTES], live[WORD_BYTES], can_go[WORD_BYTES], pinned[WORD_BYTES];
        printf("  %6u %11s %10s %7llu %9s %9s\n", class->slot_bytes, word_count(class->used_slots, objects),
               word_bytes(class->used_bytes, live), (unsigned long long)class->slabs,
               word_bytes(class->idle_pages * view->page_bytes, can_go),
               word_bytes(class->pinned_bytes, pinned));
    }
}

void unchanged_print_json(const struct view *view, const struct unchanged *unchanged) {
    printf("\"since_seconds\": %llu, \"unchanged\": [", (unsigned long long)unchanged->seconds);
    for (size_t index = 0; index < unchanged->ledger.class_count; index++) {
        const struct ledger_class *class = &unchanged->ledger.classes[index];
        printf("%s\n  {\"slot\": %u, \"slabs\": %llu, \"objects\": %llu, \"live_bytes\": %llu, "
               "\"idle_bytes\": %llu, \"pinned_bytes\": %llu}",
               index ? "," : "", class->slot_bytes, (unsigned long long)class->slabs,
               (unsigned long long)class->used_slots, (unsigned long long)class->used_bytes,
               (unsigned long long)(class->idle_pages * view->page_bytes),
               (unsigned long long)class->pinned_bytes);
    }
    printf("]");
}
