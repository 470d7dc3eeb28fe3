/*
 * open.c - opens a trace: maps the file, finds its blocks one after the other, and verifies each.
 *
 * It takes blocks up to the first bad one. There the damage begins, and the rest is not read. If all is
 * well and there is a footer, the footer has the rest. Otherwise everything is computed from the blocks:
 * the program was killed, or is still being traced, or the file is damaged.
 */
#include "../format/checksum.h"
#include "decode.h"
#include "../../base/plain.h"
#include "../../base/progress.h"
#include "../../base/words.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- The file's header ---------------------------------------------------------------------------- */

static bool map_file(struct trace *trace, const char *path, struct trace_problem *problem) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        const char *why = fd < 0                    ? strerror(errno)
                          : S_ISDIR(status.st_mode) ? strerror(EISDIR)
                                                    : "not a regular file";
        if (fd >= 0)
            close(fd);
        return trace_damaged(problem, TRACE_NO_OFFSET, "cannot read it: %s", why);
    }
    trace->length = (uint64_t)status.st_size;
    void *memory = MAP_FAILED;
    if (trace->length)
        memory = mmap(NULL, trace->length, PROT_READ, MAP_PRIVATE, fd, 0);
    int error = errno;
    close(fd);
    if (!trace->length)
        return trace_damaged(problem, 0, "the file is empty");
    if (memory == MAP_FAILED)
        return trace_damaged(problem, 0, "cannot map it: %s", strerror(error));
    trace->bytes = memory;
    return true;
}

bool trace_is(const char *path) {
    char magic[sizeof FILE_MAGIC - 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && read(fd, magic, sizeof magic) == (ssize_t)sizeof magic &&
              memcmp(magic, FILE_MAGIC, sizeof magic) == 0;
    if (fd >= 0)
        close(fd);
    return is;
}

static bool check_header(struct trace *trace, struct trace_problem *problem) {
    const struct trace_file *file = (const struct trace_file *)trace->bytes;
    size_t magic = sizeof file->magic < trace->length ? sizeof file->magic : trace->length;
    if (memcmp(file->magic, FILE_MAGIC, magic) != 0)
        return trace_damaged(problem, 0, "not a .htrace file: it does not begin like one");
    if (trace->length < sizeof *file)
        return trace_damaged(problem, trace->length, "cut off in its header");
    if (file->version != FILE_VERSION)
        return trace_damaged(problem, offsetof(struct trace_file, version),
                             "format version %" PRIu32 ", and this command reads version %u", file->version,
                             FILE_VERSION);
    if (file->first < sizeof *file || file->first % 8 || file->first > (1u << 20) ||
        file->command_bytes > file->first - offsetof(struct trace_file, command))
        return trace_damaged(problem, 0, "its header makes no sense");
    if (file->first > trace->length)
        return trace_damaged(problem, trace->length, "cut off in its header");
    if (file->slot_bytes ? file->slot_bytes < 4096 || file->slot_bytes % 4096 || file->checksum
                         : file->checksum != checksum_file(file))
        return trace_damaged(problem, 0, "its header is damaged: the checksum is wrong");
    trace->file = file;
    return true;
}

/* A recorder writes the words as the kernel has them, each ended by a zero. Other writers write text. */
static void print_command(FILE *out, const char *text, uint32_t length) {
    bool words = memchr(text, 0, length) != NULL;
    while (length && !text[length - 1])
        length--;
    for (uint32_t at = 0; at < length;) {
        char word[COMMAND_BYTES_MOST + 1] = "";
        size_t bytes = strnlen(text + at, length - at);
        memcpy(word, text + at, bytes);
        if (at)
            putc(' ', out);
        words ? word_print_quoted(out, word) : (void)fputs(word, out);
        at += (uint32_t)bytes + 1;
    }
}

static bool copy_command(struct trace *trace, struct trace_problem *problem) {
    size_t bytes;
    FILE *out = open_memstream(&trace->command, &bytes);
    if (out)
        print_command(out, trace->file->command, trace->file->command_bytes);
    if (!out || fclose(out))
        return trace_damaged(problem, 0, "out of memory");
    for (char *at = trace->command; *at; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    plain(trace->command);
    return true;
}

/* --- Blocks --------------------------------------------------------------------------------------- */

static bool columns_fit(const struct trace_block *block) {
    if (!(block->columns & 1) || block->columns >> COLUMNS)
        return false;
    for (unsigned column = 0; column < COLUMNS; column++) {
        bool there = block->columns >> column & 1;
        if (!there && (block->at[column] || block->bytes[column]))
            return false;
        if (there && (block->at[column] < sizeof *block || block->at[column] > block->stride ||
                      block->bytes[column] > block->stride - block->at[column]))
            return false;
    }
    return true;
}

/* The block at `offset`, if it is whole. NULL: problem says what is wrong. */
static const struct trace_block *check_block(struct trace *trace, uint64_t offset) {
    struct trace_problem *damage = &trace->damage;
    const struct trace_block *block = (const struct trace_block *)(trace->bytes + offset);
    uint64_t left = trace->length - offset;
    bool recording = trace->file->slot_bytes != 0;
    const char *wrong = NULL;
    if (left < sizeof *block)
        wrong = "a block is cut off: the file ends in its header";
    else if (block->magic != BLOCK_MAGIC)
        wrong = "here should be a block, and is none";
    else if (block->stride < sizeof *block || block->stride % 8 ||
             (recording && block->stride != trace->file->slot_bytes) || !columns_fit(block))
        wrong = "a block's header makes no sense";
    else if (block->stride > left)
        wrong = "a block is cut off: the file ends inside";
    else if (!block->checksum && !recording)
        wrong = "a block has no checksum";
    else if (block->checksum && block->checksum != checksum_block(block))
        wrong = "a block is damaged: its checksum is wrong";
    else if (block->kind == BLOCK_OPERATIONS &&
             (block->count > BLOCK_OPERATIONS_MOST || block->begins > block->count ||
              block->thread > trace->length / sizeof *block || block->first_object >= OBJECTS_MOST))
        wrong = "a block's header makes no sense";
    if (!wrong)
        return block;
    trace_damaged(damage, offset, "%s", wrong);
    return NULL;
}

/* Decodes an open block, and sets count and begins to what it really has. */
static bool count_block(struct block_entry *entry) {
    struct thread_entry any = {.objects = UINT64_MAX};
    const struct trace alone = {.threads = &any, .thread_count = 1};
    struct decoder decoder;
    struct operation operation;
    decode_start(&decoder, entry);
    decoder.thread = 0;
    uint32_t count = 0, begins = 0;
    enum decoded decoded;
    while ((decoded = decode_next(&alone, &decoder, &operation)) == DECODE_ONE) {
        count++;
        begins += operation_begins_object(&operation);
    }
    entry->count = count;
    entry->begins = begins;
    return decoded == DECODE_END;
}

/* The thread's next block must continue where its last ended. */
static bool add_block(struct trace *trace, const struct trace_block *block, struct list *next_object) {
    while (next_object->count <= block->thread) {
        uint64_t *zero = list_add(next_object, sizeof *zero);
        if (!zero)
            return trace_damaged(&trace->damage, trace_offset(trace, block), "out of memory");
        *zero = 0;
    }
    uint64_t *objects = (uint64_t *)next_object->items + block->thread;
    struct block_entry entry = {block, 0, block->first_object, block->count, block->begins};
    if (*objects != block->first_object)
        return trace_damaged(&trace->damage, trace_offset(trace, block),
                             "a block before this one is missing");
    bool good = block->checksum || count_block(&entry);
    struct block_entry *added = entry.count ? list_add(&trace->blocks, sizeof entry) : &entry;
    if (!added)
        return trace_damaged(&trace->damage, trace_offset(trace, block), "out of memory");
    *added = entry;
    *objects += entry.begins;
    return good || trace_damaged(&trace->damage, trace_offset(trace, block),
                                 "the operations of an open block make no sense");
}

/* The place of the next block; 0 after the last. Sets *footer if the footer is there. */
static bool take_block(struct trace *trace, uint64_t *offset, struct list *next_object,
                       const struct trace_block **footer) {
    const struct trace_block *block = check_block(trace, *offset);
    if (!block)
        return false;
    *offset += block->stride;
    if (block->kind == BLOCK_OPERATIONS)
        return add_block(trace, block, next_object);
    if (block->kind == BLOCK_FOOTER) {
        *footer = block;
        return true;
    }
    const struct trace_block **site = list_add(&trace->site_blocks, sizeof block);
    if (site)
        *site = block;
    return site || trace_damaged(&trace->damage, *offset, "out of memory");
}

/* A slot that no thread took, or that was not begun when the program was killed. */
static bool is_empty_slot(const struct trace *trace, uint64_t offset) {
    uint32_t magic;
    if (!trace->file->slot_bytes || trace->length - offset < sizeof(struct trace_block))
        return false;
    memcpy(&magic, trace->bytes + offset, sizeof magic);
    return magic == 0;
}

/* All blocks, to the end or to the damage. Returns the footer, if one is there. */
static const struct trace_block *find_blocks(struct trace *trace) {
    const struct trace_block *footer = NULL;
    struct list next_object = {0};
    uint64_t offset = trace->file->first;
    trace->blocks.count = trace->site_blocks.count = 0;
    while (offset < trace->length && !footer) {
        progress_show("checking", offset, trace->length);
        if (is_empty_slot(trace, offset))
            offset += trace->file->slot_bytes;
        else if (!take_block(trace, &offset, &next_object, &footer))
            break;
    }
    free(next_object.items);
    bool being_written = trace->file->slot_bytes || !trace->file->file_bytes;
    if (!being_written && !trace->damage.found) {
        if (!footer)
            trace_damaged(&trace->damage, trace->length, "cut off: the footer is missing");
        else if (offset != trace->length || trace->length != trace->file->file_bytes)
            trace_damaged(&trace->damage, offset, "bytes that don't belong here, after the footer");
    }
    return footer;
}

/* --- All together --------------------------------------------------------------------------------- */

static void count_totals(struct trace *trace) {
    struct trace_totals *totals = &trace->totals;
    *totals = (struct trace_totals){
        .threads = trace->thread_count,
        .blocks = trace->blocks.count,
        .file_bytes = trace->length,
        .missed_calls = trace->file->missed_calls,
    };
    for (uint32_t thread = 0; thread < trace->thread_count; thread++) {
        totals->operations += trace->threads[thread].operations;
        totals->objects += trace->threads[thread].objects;
    }
    for (size_t index = 0; index < trace->blocks.count; index++) {
        const struct trace_block *block = ((struct block_entry *)trace->blocks.items)[index].block;
        totals->operation_bytes += sizeof *block + block->bytes[COLUMN_OPERATIONS];
        if (block->last_ns > totals->duration_ns)
            totals->duration_ns = block->last_ns;
    }
}

static bool fill(struct trace *trace, struct trace_problem *problem) {
    const struct trace_block *footer = find_blocks(trace);
    if (!trace_gather_threads(trace, problem))
        return false;
    count_totals(trace);
    if (footer && !trace->damage.found) {
        if (footer_read(trace, footer))
            return true;
        trace_damaged(&trace->damage, trace_offset(trace, footer), "the footer makes no sense");
    }
    return trace_order(trace, problem);
}

struct trace *trace_open(const char *path, struct trace_problem *problem) {
    struct trace *trace = calloc(1, sizeof *trace);
    *problem = (struct trace_problem){.found = false};
    if (!trace)
        trace_damaged(problem, 0, "out of memory");
    else if (map_file(trace, path, problem) && check_header(trace, problem) && copy_command(trace, problem) &&
             fill(trace, problem) && (sites_index(trace) || trace_damaged(problem, 0, "out of memory")))
        return trace;
    trace_close(trace);
    return NULL;
}

void trace_close(struct trace *trace) {
    if (!trace)
        return;
    void *owned[] = {trace->command,     trace->blocks.items,      trace->site_blocks.items,
                     trace->order,       trace->threads,           trace->turns.items,
                     trace->marks.items, trace->checkpoints.items, trace->checkpoint_bytes};
    for (size_t index = 0; index < sizeof owned / sizeof *owned; index++)
        free(owned[index]);
    sites_free(trace);
    if (trace->bytes)
        munmap((void *)trace->bytes, trace->length);
    free(trace);
}
