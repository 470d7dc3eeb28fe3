/*
 * series.c - items that are written once, one after the other, in blocks of their own: sites and modules.
 */
#include "sites.h"
#include "../../trace/format/checksum.h"

uint32_t series_epoch;

void series_close(struct series *closed) {
    struct trace_block *block = closed->block;
    if (!block)
        return;
    block->bytes[0] = (uint32_t)(closed->at - (uint8_t *)block) - block->at[0];
    block->checksum = checksum_block(block);
    file_leave_slot(block);
    closed->block = NULL;
}

bool series_room(struct series *grown, unsigned kind, uint64_t first, size_t bytes) {
    if (grown->block && grown->at + bytes <= (uint8_t *)grown->block + file_slot_bytes)
        return true;
    series_close(grown);
    struct trace_block *block = grown->block = file_take_slot();
    if (!block)
        return false;
    block->kind = (uint16_t)kind;
    block->columns = 1;
    block->stride = file_slot_bytes;
    block->thread = series_epoch;
    block->at[0] = sizeof *block;
    block->first_object = first;
    block->first_ns = traced_now_ns();
    grown->at = (uint8_t *)block + sizeof *block;
    atomic_signal_fence(memory_order_seq_cst);
    block->magic = BLOCK_MAGIC;
    return grown->at + bytes <= (uint8_t *)block + file_slot_bytes;
}

void series_added(struct series *grown, uint8_t *end) {
    grown->at = end;
    atomic_signal_fence(memory_order_seq_cst);
    grown->block->count++;
}

void series_forget(struct series *forgotten, bool whole) {
    if (whole && forgotten->block)
        file_leave_slot(forgotten->block);
    forgotten->block = NULL;
}
