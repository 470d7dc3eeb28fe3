/* snapshot_write.c - see snapshot.h. */
#include "snapshot.h"
#include "snapshot_lines.h"

#include <inttypes.h>

static void write_repeated(FILE *file, uint64_t count, char letter) {
    if (count)
        fprintf(file, "%" PRIu64 "%c", count, letter);
}

static void write_slots(const struct view_block *block, FILE *file) {
    uint32_t since = 0;
    for (uint32_t slot = 1; block->slots && slot <= block->carved; slot++) {
        if (slot < block->carved && block->slots[slot] == block->slots[since])
            continue;
        write_repeated(file, slot - since, block->slots[since]);
        since = slot;
    }
    if (!block->slots)
        write_repeated(file, block->carved, SLOT_USED);
}

static void write_block(const struct view_block *block, FILE *file) {
    fprintf(file, "block %" PRIu64 " %" PRIu64 " %u", block->start, block->bytes, block->kind);
    if (block->kind == VIEW_SLAB) {
        fprintf(file, " %u %u %u %u ", block->state, block->slot_bytes, block->carved, block->thread);
        write_slots(block, file);
    }
    putc('\n', file);
}

static void write_pages(const struct view *view, FILE *file) {
    uint64_t pages = view->bytes / view->page_bytes, since = 0;
    fputs("pages ", file);
    for (uint64_t page = 1; page <= pages; page++) {
        if (page < pages && view_is_resident(view, page) == view_is_resident(view, since))
            continue;
        write_repeated(file, page - since, view_is_resident(view, since) ? '+' : '-');
        since = page;
    }
    putc('\n', file);
}

void snapshot_write(const struct view *view, FILE *file) {
    fprintf(file, SNAPSHOT_MAGIC "\nprocess %" PRIu64 " %" PRIu64 " %s\n", view->pid, view->page_bytes,
            view->program);
    fprintf(file, "flags %d %d\n", view->counting, view->purge);
    for (size_t index = 0; index < SNAPSHOT_FIGURES; index++)
        fprintf(file, "figure %s %" PRIu64 "\n", snapshot_figures[index].name, *snapshot_place(view, index));
    for (size_t index = 0; index < view->thread_count; index++) {
        const struct view_thread *thread = &view->threads[index];
        fprintf(file, "thread %" PRIu64 " %d %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", thread->cache,
                thread->lives, thread->kept_bytes, thread->listed_slots, thread->listed_bytes);
    }
    for (size_t index = 0; index < view->block_count; index++)
        write_block(&view->blocks[index], file);
    write_pages(view, file);
    for (size_t index = 0; index < view->mapping_count; index++) {
        const struct mapping *mapping = &view->mappings[index];
        fprintf(file,
                "mapping %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %u %s\n",
                mapping->from, mapping->to, mapping->resident, mapping->huge, mapping->locked,
                mapping->swapped, mapping->kind, mapping->name);
    }
    fprintf(file, "end %zu\n",
            4 + SNAPSHOT_FIGURES + view->thread_count + view->block_count + view->mapping_count);
}
