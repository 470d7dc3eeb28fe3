/*
 * trace_block.c - the blocks that a thread's recorder fills, one after the other. Each is a slot of the
 * file.
 */
#include "capture.h"
#include "signal_lock.h"
#include "../trace/format/checksum.h"

#include <errno.h>

static void column_bounds(struct recorder *recorder, unsigned column, uint8_t **at, uint8_t **limit,
                          unsigned most) {
    uint8_t *block = (uint8_t *)recorder->block;
    if (traced.columns >> column & 1) {
        *at = block + file_column_at[column];
        *limit = block + file_column_at[column + 1] - most;
    }
}

bool trace_block_open(struct recorder *recorder) {
    struct trace_block *block = file_take_slot();
    recorder->block = block;
    recorder->at = (uint8_t *)1; /* above the limit: full, so the next operation opens a block */
    recorder->limit = NULL;
    recorder->times = recorder->sites = recorder->places = NULL;
    recorder->has_columns = false;
    if (!block)
        return false;
    block->columns = (uint16_t)traced.columns;
    block->stride = file_slot_bytes;
    block->thread = (uint32_t)(recorder->name >> NAME_BITS) - 1 - traced.first_thread;
    block->first_object = recorder->name & NAME_MASK;
    block->first_ns = block->last_ns = traced_now_ns();
    for (unsigned column = 0; column < COLUMNS; column++)
        block->at[column] = traced.columns >> column & 1 ? file_column_at[column] : 0;
    block->kind = BLOCK_OPERATIONS;
    keep_order();
    *(volatile uint32_t *)&block->magic = BLOCK_MAGIC;
    column_bounds(recorder, COLUMN_OPERATIONS, &recorder->at, &recorder->limit, OPERATION_BYTES_MOST);
    column_bounds(recorder, COLUMN_TIMES, &recorder->times, &recorder->times_limit, VARINT_BYTES_MOST);
    column_bounds(recorder, COLUMN_SITES, &recorder->sites, &recorder->sites_limit, VARINT_BYTES_MOST);
    column_bounds(recorder, COLUMN_PLACES, &recorder->places, &recorder->places_limit, PLACE_BYTES_MOST);
    recorder->has_columns = recorder->times || recorder->sites || recorder->places;
    recorder->last_ns = block->first_ns;
    recorder->last_place = recorder->last_other = 0;
    return true;
}

void trace_block_close(struct recorder *recorder) {
    struct trace_block *block = recorder->block;
    if (!block)
        return;
    uint8_t *start = (uint8_t *)block;
    uint8_t *const ends[COLUMNS] = {recorder->at, recorder->times, recorder->sites, recorder->places};
    for (unsigned column = 0; column < COLUMNS; column++)
        block->bytes[column] = ends[column] ? (uint32_t)(ends[column] - start) - block->at[column] : 0;
    block->begins = (uint32_t)((recorder->name & NAME_MASK) - block->first_object);
    block->last_ns = traced_now_ns();
    keep_order();
    *(volatile uint64_t *)&block->checksum = checksum_block(block);
    file_leave_slot(block);
    recorder->block = NULL;
}

/* A signal handler may fork in the middle of a call, and the child may return to it. That call belonged to
 * the parent, and is not recorded. No handler may run here: the block must be ours at the end. */
bool recorder_next_block(struct recorder *recorder) {
    int saved = errno;
    uint64_t signals = signals_block();
    bool ours = recorder->epoch == traced.epoch;
    if (ours)
        trace_block_close(recorder);
    bool opened = ours && trace_block_open(recorder);
    if (!opened)
        traced_missed();
    signals_restore(signals);
    errno = saved;
    return opened;
}
