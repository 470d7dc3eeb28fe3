/*
 * site.c - call sites: their frames, and the modules or the names of the frames.
 *
 * Sites are numbered from 1 in the order of their blocks. The module of a frame is the last one that was
 * mapped at its address in the site's epoch or before. Libraries may take each other's place (format.h).
 * In a trace that came from another tool frames have names instead.
 */
#include "inside.h"
#include "../format/varint.h"

#include <stdlib.h>

static const struct trace_block *block_at(const struct trace *trace, size_t index) {
    return ((const struct trace_block *const *)trace->site_blocks.items)[index];
}

static void bytes_of(const struct trace_block *block, const uint8_t **at, const uint8_t **end) {
    *at = (const uint8_t *)block + block->at[0];
    *end = block->checksum ? *at + block->bytes[0] : (const uint8_t *)block + block->stride;
}

static bool add_modules(struct trace *trace, const struct trace_block *block, size_t *room) {
    const uint8_t *at, *end;
    int bad = 0;
    bytes_of(block, &at, &end);
    for (uint32_t index = 0; index < block->count; index++) {
        uint64_t start = varint_get(&at, end, &bad), length = varint_get(&at, end, &bad);
        uint64_t offset = varint_get(&at, end, &bad), path = varint_get(&at, end, &bad);
        if (bad || path > (uint64_t)(end - at))
            return true; /* the rest of the block can't be read */
        size_t bytes = (trace->module_count + 1) * sizeof *trace->modules;
        if (bytes > *room) {
            struct trace_module *moved = realloc(trace->modules, *room = 2 * bytes);
            if (!moved)
                return false;
            trace->modules = moved;
        }
        char *copy = strndup((const char *)at, path);
        if (!copy)
            return false;
        trace->modules[trace->module_count++] =
            (struct trace_module){start, start + length, offset, block->thread, copy};
        at += path;
    }
    return true;
}

/* False: no memory. A string that can't be read is a bad one. */
static bool take_string(const uint8_t **at, const uint8_t *end, uint64_t length, int *bad,
                        const char **string) {
    *bad |= length > (uint64_t)(end - *at);
    *string = strndup((const char *)*at, *bad ? 0 : length);
    *at += *bad ? 0 : length;
    return *string != NULL;
}

static void free_name(const struct trace_name *name) {
    free((char *)name->function);
    free((char *)name->file);
    free((char *)name->module);
}

static bool add_names(struct trace *trace, const struct trace_block *block) {
    const uint8_t *at, *end;
    int bad = 0;
    bytes_of(block, &at, &end);
    for (uint32_t index = 0; index < block->count; index++) {
        struct trace_name name = {.line = (uint32_t)varint_get(&at, end, &bad)}, *added = NULL;
        uint64_t function = varint_get(&at, end, &bad), file = varint_get(&at, end, &bad);
        uint64_t module = varint_get(&at, end, &bad);
        bool room = take_string(&at, end, function, &bad, &name.function) &&
                    take_string(&at, end, file, &bad, &name.file) &&
                    take_string(&at, end, module, &bad, &name.module);
        if (room && !bad)
            added = list_add(&trace->names, sizeof *added);
        if (!added) {
            free_name(&name);
            return room && bad; /* the rest of the block can't be read */
        }
        *added = name;
    }
    return true;
}

bool sites_index(struct trace *trace) {
    size_t room = 0;
    for (size_t index = 0; index < trace->site_blocks.count; index++) {
        const struct trace_block *block = block_at(trace, index);
        if (block->kind == BLOCK_MODULES && !add_modules(trace, block, &room))
            return false;
        if (block->kind == BLOCK_NAMES && block->first_object == trace->names.count + 1 &&
            !add_names(trace, block))
            return false;
        if (block->kind == BLOCK_SITES && block->first_object == trace->site_count + 1)
            trace->site_count += block->count;
    }
    return true;
}

void sites_free(struct trace *trace) {
    for (uint32_t index = 0; index < trace->module_count; index++)
        free((char *)trace->modules[index].path);
    free(trace->modules);
    for (size_t index = 0; index < trace->names.count; index++)
        free_name((const struct trace_name *)trace->names.items + index);
    free(trace->names.items);
}

uint32_t trace_sites(const struct trace *trace) {
    return trace->site_count;
}

const struct trace_module *trace_module(const struct trace *trace, uint32_t module) {
    return module < trace->module_count ? &trace->modules[module] : NULL;
}

const struct trace_name *trace_name(const struct trace *trace, const struct trace_frame *frame) {
    uint64_t place = frame->address - 1;
    return place < trace->names.count ? (const struct trace_name *)trace->names.items + place : NULL;
}

static void find_module(const struct trace *trace, struct trace_frame *frame, uint32_t epoch) {
    frame->module = UINT32_MAX;
    for (uint32_t index = 0; index < trace->module_count; index++) {
        const struct trace_module *module = &trace->modules[index];
        if (module->epoch <= epoch && frame->address - module->start < module->end - module->start) {
            frame->module = index;
            frame->in_module = frame->address - module->start + module->file_offset;
        }
    }
}

/* In code without frame pointers the last frame may be any number. A frame in no module is not shown. */
static unsigned read_site(const struct trace *trace, uint32_t epoch, const uint8_t *at, const uint8_t *end,
                          struct trace_frame *frames, unsigned most) {
    int bad = 0;
    uint64_t count = varint_get(&at, end, &bad), address = 0;
    unsigned read = 0;
    for (; read < count && read < most; read++) {
        address += unzigzag(varint_get(&at, end, &bad));
        if (bad)
            break;
        frames[read] = (struct trace_frame){.address = address};
        find_module(trace, &frames[read], epoch);
    }
    while (read > 1 && frames[read - 1].module == UINT32_MAX && !trace->names.count)
        read--;
    return read;
}

unsigned trace_site(const struct trace *trace, uint32_t site, struct trace_frame *frames, unsigned most) {
    for (size_t index = 0; index < trace->site_blocks.count; index++) {
        const struct trace_block *block = block_at(trace, index);
        if (block->kind != BLOCK_SITES || site < block->first_object ||
            site - block->first_object >= block->count)
            continue;
        const uint8_t *at, *end;
        int bad = 0;
        bytes_of(block, &at, &end);
        for (uint64_t skip = site - block->first_object; skip && !bad; skip--)
            for (uint64_t frame = varint_get(&at, end, &bad); frame && !bad; frame--)
                varint_get(&at, end, &bad);
        return bad ? 0 : read_site(trace, block->thread, at, end, frames, most);
    }
    return 0;
}
