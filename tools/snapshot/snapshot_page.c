/* snapshot_page.c - see snapshot_page.h. The page carries the snapshot's lines, and those of the ledger. */
#include "snapshot_page.h"

#include "../base/commands.h"
#include "../base/fail.h"
#include "../base/output.h"
#include "../base/words.h"
#include "../live/ledger.h"
#include "snapshot.h"

#include <stdlib.h>

/* Program and mappings may have any name: what HTML would read as a tag becomes '?'. */
static void write_plain(const char *text, size_t bytes, FILE *file) {
    for (size_t at = 0; at < bytes; at++)
        putc(text[at] == '<' || text[at] == '&' || text[at] == '>' ? '?' : text[at], file);
}

static bool write_data(const struct view *view, FILE *file) {
    struct ledger ledger;
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    if (!memory)
        return false;
    ledger_make(view, &ledger);
    snapshot_write(view, memory);
    for (unsigned line = 0; line < LEDGER_LINES; line++)
        fprintf(memory, "ledger %lld %s\n", (long long)ledger.bytes[line], ledger_words(line));
    bool done = fclose(memory) == 0;
    if (done)
        write_plain(text, bytes, file);
    free(text);
    return done;
}

static const char *write_page(const struct view *view, const char *page, long *bytes) {
    static const struct output_kind kind = {.name = "HTML page", .begins = {"<!doctype html"}};
    struct output output;
    const char *why = output_refused(page, &kind);
    if (!why)
        why = output_open(&output, page, &kind);
    if (why)
        return why;
    fwrite(snapshot_head, 1, snapshot_head_bytes, output.file);
    bool done = write_data(view, output.file);
    fwrite(snapshot_tail, 1, snapshot_tail_bytes, output.file);
    *bytes = output.part ? ftell(output.file) : 0;
    why = output_close(&output, done);
    return why || done ? why : "out of memory";
}

int snapshot_draw(const char *path, const char *page) {
    struct view view;
    char words[WORD_BYTES];
    long bytes = 0;
    const char *why = snapshot_read(path, &view);
    if (why)
        fail("halloc map", "%s: %s", path, why);
    else if ((why = write_page(&view, page, &bytes)))
        fail("halloc map", "%s", why);
    else if (bytes)
        printf("%s: %s\n", page, word_bytes((uint64_t)bytes, words));
    view_free(&view);
    return command_written("halloc map", why != NULL);
}
