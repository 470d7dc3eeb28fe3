/* moment.c - see moment.h. */
#include "moment.h"

#include <stdlib.h>

static bool keep(const struct serial_block *block, void *context) {
    struct moment *moment = context;
    if (moment->count == moment->room) {
        size_t room = moment->room ? 2 * moment->room : 1024;
        struct serial_block *moved = reallocarray(moment->blocks, room, sizeof *moved);
        moment->failed |= !moved;
        if (!moved)
            return false;
        moment->blocks = moved;
        moment->room = room;
    }
    moment->blocks[moment->count++] = *block;
    return true;
}

bool moment_look(struct moment *moment, const struct serial *serial) {
    moment->count = 0;
    moment->header_bytes = serial_header_bytes(serial);
    moment->top = serial_top(serial);
    moment->high = serial_high(serial);
    moment->rover = serial_rover(serial);
    serial_blocks(serial, keep, moment);
    lists_take(&moment->lists, serial);
    return !moment->failed && !moment->lists.failed;
}

const char *moment_take(struct moment *moment, const struct trace *trace, const char *fit, uint64_t at) {
    const char *why;
    *moment = (struct moment){0};
    struct serial *serial =
        serial_open(trace, &(struct serial_options){.fit = fit, .no_way_back = true}, &why);
    if (!serial)
        return why;
    bool there = serial_go_to(serial, at) && serial_step(serial, &moment->event);
    why = !there ? "there is no such operation" : moment_look(moment, serial) ? NULL : "out of memory";
    serial_close(serial);
    return why;
}

void moment_free(struct moment *moment) {
    free(moment->blocks);
    lists_free(&moment->lists);
    *moment = (struct moment){0};
}

size_t moment_find(const struct moment *moment, uint64_t offset) {
    size_t low = 0, high = moment->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct serial_block *block = &moment->blocks[middle];
        if (offset < block->offset + block->size)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
