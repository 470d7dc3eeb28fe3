/*
 * serial_checkpoint.c - going back. A checkpoint is a copy of the heap's own record and of every block's.
 * The program's bytes do not matter here. So the copy of a heap of 100 MiB has a few MiB.
 *
 * Checkpoints have equal distances. If they become too many or too large, every other one is dropped and
 * the distance doubles. So the way back is at most a sixteenth of the trace, however long that is.
 */
#include "serial_inside.h"

#include <stdlib.h>

static size_t bytes_of(const struct serial_checkpoint *checkpoint) {
    return checkpoint->block_count * sizeof *checkpoint->blocks;
}

static void thin_out(struct serial *serial) {
    size_t kept = 0;
    serial->checkpoint_every *= 2;
    for (size_t index = 0; index < serial->checkpoint_count; index++) {
        struct serial_checkpoint *checkpoint = &serial->checkpoints[index];
        if (checkpoint->number % serial->checkpoint_every == 0) {
            serial->checkpoints[kept++] = *checkpoint;
        } else {
            serial->checkpoint_bytes -= bytes_of(checkpoint);
            free(checkpoint->blocks);
        }
    }
    serial->checkpoint_count = kept;
}

static bool is_remembered(const struct serial *serial) {
    size_t count = serial->checkpoint_count;
    return count && serial->checkpoints[count - 1].number >= serial->number;
}

bool serial_remember(struct serial *serial) {
    const struct engine *engine = &serial->heap->engine;
    if (is_remembered(serial))
        return true;
    size_t bytes = engine->block_count * sizeof(struct saved_block);
    while (serial->checkpoint_count > 1 && (serial->checkpoint_count == CHECKPOINTS_MOST ||
                                            serial->checkpoint_bytes + bytes > CHECKPOINT_BYTES_MOST))
        thin_out(serial);
    if (serial->checkpoint_count && serial->number % serial->checkpoint_every)
        return true; /* dropping has just made it one too many */
    struct serial_checkpoint checkpoint = {
        .number = serial->number,
        .heap = *serial->heap,
        .blocks = malloc(bytes ? bytes : 1),
        .high = serial->high,
        .live_bytes = serial->live_bytes,
        .live_objects = serial->live_objects,
    };
    if (!checkpoint.blocks)
        return false;
    for (MemoryBlock *block = engine->first; block; block = block->next)
        checkpoint.blocks[checkpoint.block_count++] = (struct saved_block){block, *block};
    serial->checkpoint_bytes += bytes;
    serial->checkpoints[serial->checkpoint_count++] = checkpoint;
    return true;
}

void serial_forget(struct serial *serial) {
    for (size_t index = 0; index < serial->checkpoint_count; index++)
        free(serial->checkpoints[index].blocks);
    serial->checkpoint_count = 0;
}

static void restore(struct serial *serial, const struct serial_checkpoint *checkpoint) {
    halloc_heap *next = serial->heap->next,
                **link = serial->heap->link; /* other heaps were made and freed meanwhile */
    *serial->heap = checkpoint->heap;
    serial->heap->next = next;
    serial->heap->link = link;
    memset(serial->places, 0, trace_totals(serial->trace)->objects * sizeof *serial->places);
    for (size_t index = 0; index < checkpoint->block_count; index++) {
        const struct saved_block *saved = &checkpoint->blocks[index];
        *saved->at = saved->block;
        if (saved->block.isFree)
            continue;
        char *payload = (char *)saved->at + serial->heap->engine.header_bytes;
        serial->places[label_of(payload)->object] = (uint32_t)(offset_of(serial, payload) / PLACE_BYTES);
    }
    if (serial->owners)
        owners_clear(serial->owners);
    serial->number = checkpoint->number;
    serial->high = checkpoint->high;
    serial->live_bytes = checkpoint->live_bytes;
    serial->live_objects = checkpoint->live_objects;
    serial->check_next = 0;
    serial->broken[0] = 0;
    trace_seek(serial->cursor, serial->number);
}

void serial_restore(struct serial *serial, uint64_t number) {
    const struct serial_checkpoint *nearest = NULL;
    for (size_t index = 0; index < serial->checkpoint_count; index++)
        if (serial->checkpoints[index].number <= number)
            nearest = &serial->checkpoints[index];
    if (nearest->number > serial->number || serial->number > number)
        restore(serial, nearest);
}
