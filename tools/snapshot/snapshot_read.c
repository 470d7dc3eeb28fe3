/* snapshot_read.c - see snapshot.h. A file may be damaged: nothing is believed that does not fit the rest. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "snapshot.h"
#include "snapshot_lines.h"
#include "../base/plain.h"
#include "../base/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MOST 65536
#define REGION_BYTES_MOST ((uint64_t)1 << 47)
#define FILE_BYTES_LEAST                                                                                     \
    ((uint64_t)1 << 26) /* of many threads and mappings; blocks have less than the heap */

struct reading {
    struct view *view;
    uint64_t next_block; /* where the next one must begin */
    bool has_pages, has_end;
    size_t lines;
    uint64_t bytes;
    char *line;
};

/* "3#2.": one piece of it. False: there is none. */
static bool read_repeated(const char **text, uint64_t *count, char *letter) {
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    *count = strtoull(*text, &end, 10);
    *letter = *end;
    *text = end + (*end != 0);
    return *letter;
}

static bool read_slots(struct view_block *block, const char *text) {
    uint64_t count;
    char letter;
    uint32_t slot = 0;
    if (!block->slot_bytes || block->carved > SLOTS_MOST ||
        (uint64_t)block->carved * block->slot_bytes > block->bytes ||
        !(block->slots = view_new(block->carved + 1)))
        return false;
    while (read_repeated(&text, &count, &letter)) {
        if (count > block->carved - slot || !strchr("#.crp", letter))
            return false;
        memset(block->slots + slot, letter, count);
        slot += (uint32_t)count;
        block->used += letter == SLOT_USED ? (uint32_t)count : 0;
    }
    return slot == block->carved && (*text == 0 || *text == '\n');
}

static bool read_block(struct reading *reading, const char *text) {
    struct view *view = reading->view;
    struct view_block *room = view_room(view->blocks, view->block_count, sizeof *room), block = {0};
    unsigned kind, state = 0;
    int at = 0;
    if (!room)
        return false;
    view->blocks = room;
    if (sscanf(text, "%" SCNu64 " %" SCNu64 " %u%n", &block.start, &block.bytes, &kind, &at) != 3 ||
        kind >= VIEW_KINDS || block.start != reading->next_block || !block.bytes ||
        block.bytes > view->bytes - block.start)
        return false;
    block.kind = kind;
    block.thread = VIEW_NO_THREAD;
    reading->next_block += block.bytes;
    room[view->block_count++] = block;
    struct view_block *kept = &room[view->block_count - 1];
    if (kind != VIEW_SLAB)
        return true;
    int slots = 0;
    if (sscanf(text + at, " %u %u %u %u %n", &state, &kept->slot_bytes, &kept->carved, &kept->thread,
               &slots) != 4 ||
        state >= VIEW_STATES)
        return false;
    kept->state = state;
    return read_slots(kept, text + at + slots);
}

static bool read_pages(struct reading *reading, const char *text) {
    struct view *view = reading->view;
    uint64_t pages = view->bytes / view->page_bytes, page = 0, count;
    char letter;
    if (reading->has_pages || !view->block_count || !(view->resident = view_new(pages / 8 + 1)))
        return false;
    reading->has_pages = true;
    while (read_repeated(&text, &count, &letter)) {
        if (count > pages - page || (letter != '+' && letter != '-'))
            return false;
        for (; count; count--, page++)
            if (letter == '+')
                view->resident[page / 8] |= (uint8_t)(1 << (page % 8));
    }
    return page == pages;
}

static bool read_figure(struct view *view, const char *text) {
    char name[40];
    uint64_t value;
    if (view->block_count || sscanf(text, "%39s %" SCNu64, name, &value) != 2)
        return false;
    for (size_t index = 0; index < SNAPSHOT_FIGURES; index++)
        if (strcmp(name, snapshot_figures[index].name) == 0)
            *snapshot_place(view, index) = value;
    return view->bytes <= REGION_BYTES_MOST;
}

static bool read_thread(struct view *view, const char *text) {
    struct view_thread *room = view_room(view->threads, view->thread_count, sizeof *room), thread = {0};
    int lives;
    if (!room)
        return false;
    view->threads = room;
    if (sscanf(text, "%" SCNu64 " %d %" SCNu64 " %" SCNu64 " %" SCNu64, &thread.cache, &lives,
               &thread.kept_bytes, &thread.listed_slots, &thread.listed_bytes) != 5)
        return false;
    thread.lives = lives;
    room[view->thread_count++] = thread;
    return true;
}

static bool read_mapping(struct view *view, const char *text) {
    struct mapping *room = view_room(view->mappings, view->mapping_count, sizeof *room), mapping = {0};
    unsigned kind;
    if (!room)
        return false;
    view->mappings = room;
    if (sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %u %95[^\n]",
               &mapping.from, &mapping.to, &mapping.resident, &mapping.huge, &mapping.locked,
               &mapping.swapped, &kind, mapping.name) < 7 ||
        kind >= MAPPING_KINDS)
        return false;
    mapping.kind = kind;
    plain(mapping.name);
    room[view->mapping_count++] = mapping;
    return true;
}

static bool read_process(struct view *view, const char *text) {
    int read = sscanf(text, "%" SCNu64 " %" SCNu64 " %63[^\n]", &view->pid, &view->page_bytes, view->program);
    plain(view->program);
    return read >= 2 && view->page_bytes >= 512 && (view->page_bytes & (view->page_bytes - 1)) == 0;
}

static bool read_flags(struct view *view, const char *text) {
    int counting, purge;
    bool read = sscanf(text, "%d %d", &counting, &purge) == 2;
    view->counting = read && counting;
    view->purge = read && purge;
    return read;
}

/* One line, whose first word says what it is. Unknown words are of a newer version. */
static bool read_line(struct reading *reading, const char *line) {
    struct view *view = reading->view;
    const char *space = strchr(line, ' '), *text = space ? space + 1 : "";
    size_t length = space ? (size_t)(space - line) : 0;
    bool is_first = !view->page_bytes;
    if (is_first || strncmp(line, "process", length) == 0)
        return is_first && length == 7 && read_process(view, text);
    if (strncmp(line, "flags", length) == 0)
        return read_flags(view, text);
    if (strncmp(line, "figure", length) == 0)
        return read_figure(view, text);
    if (strncmp(line, "thread", length) == 0)
        return read_thread(view, text);
    if (strncmp(line, "block", length) == 0)
        return read_block(reading, text);
    if (strncmp(line, "pages", length) == 0)
        return read_pages(reading, text);
    if (strncmp(line, "mapping", length) == 0)
        return read_mapping(view, text);
    reading->has_end = strncmp(line, "end", length) == 0;
    return !reading->has_end || strtoull(text, NULL, 10) == reading->lines;
}

static bool is_too_long(const struct reading *reading) {
    return reading->bytes > FILE_BYTES_LEAST + reading->view->bytes;
}

/* A pipe may never end, in one line or in many. So there is a bound for all of them. */
static bool next_line(struct reading *reading, FILE *file) {
    size_t length = 0;
    for (int byte = 0; byte != EOF; length += byte != EOF) {
        char *line = view_room(reading->line, length, 1);
        if (!line)
            return false;
        reading->line = line;
        bool is_whole = (length && line[length - 1] == '\n') || is_too_long(reading);
        byte = is_whole ? EOF : getc(file);
        line[length] = byte == EOF ? 0 : (char)byte;
        reading->bytes += byte != EOF;
    }
    return length;
}

static const char *read_all(struct reading *reading, FILE *file) {
    static char message[120];
    char words[WORD_BYTES];
    const char *why = NULL;
    char head[sizeof SNAPSHOT_MAGIC + 1] = ""; /* a file of another kind may be one endless line */
    if (fgets(head, sizeof head, file)) {
        why =
            strcmp(head, SNAPSHOT_MAGIC "\n") == 0 ? NULL : "is no process, and no file of `halloc snapshot`";
        reading->lines++;
    }
    while (!why && reading->lines && !reading->has_end && next_line(reading, file)) {
        bool fits = !is_too_long(reading) && read_line(reading, reading->line);
        reading->lines++;
        if (!fits && is_too_long(reading))
            snprintf(message, sizeof message,
                     "damaged: it goes on at line %zu, after %s: no snapshot of this heap does",
                     reading->lines, word_bytes(reading->bytes, words));
        else if (!fits)
            snprintf(message, sizeof message, "damaged: line %zu does not fit", reading->lines);
        why = fits ? NULL : message;
    }
    free(reading->line);
    if (why || (reading->has_end && reading->has_pages && reading->next_block == reading->view->bytes))
        return why;
    return reading->lines ? "damaged: it ends too early"
                          : "is no file of `halloc snapshot`: nothing can be read";
}

const char *snapshot_read(const char *path, struct view *view) {
    *view = (struct view){0};
    struct reading reading = {.view = view};
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? "no such process or file" : strerror(errno);
    const char *why = read_all(&reading, file);
    if (ferror(file)) /* a folder, say */
        why = strerror(errno);
    fclose(file);
    return why;
}

bool snapshot_is(const char *path) {
    char head[sizeof SNAPSHOT_MAGIC] = "";
    FILE *file = fopen(path, "re");
    size_t got = file ? fread(head, 1, sizeof head - 1, file) : 0;
    if (file)
        fclose(file);
    return got == sizeof head - 1 && strcmp(head, SNAPSHOT_MAGIC) == 0;
}
