/* letters.c - see letters.h. */
#include "letters.h"

#include "../../src/slab/slot.h"

static bool have_letters(struct view_block *block) {
    if (!block->slots && (block->slots = view_new(block->carved + 1)))
        memset(block->slots, SLOT_USED, block->carved);
    return block->slots;
}

bool letters_note(struct view_block *block, const uint64_t *notes) {
    for (uint32_t slot = 0; slot < block->carved; slot++) {
        uint32_t number = block->carved - 1 - slot;
        if (!(notes[number / 64] >> (number % 64) & 1))
            continue;
        if (!have_letters(block))
            return false;
        block->slots[slot] = SLOT_FREE;
    }
    return true;
}

/* A link and a mark. Slots of the slab at hand are in memory already. */
static bool read_words(struct letters *letters, const struct view_block *block, uint64_t slot,
                       uint64_t words[2]) {
    if (!letters->memory && !(letters->memory = view_new(SLAB_LARGE_BYTES)))
        return false;
    if (letters->block != block) {
        if (letters->block ||
            !far_read_sparse(letters->far, letters->base + block->start, letters->memory, block->bytes))
            return far_read_sparse(letters->far, slot, words, 2 * sizeof *words);
        letters->block = block;
    }
    memcpy(words, letters->memory + (slot - letters->base - block->start), 2 * sizeof *words);
    return true;
}

uint64_t letters_follow(struct letters *letters, uint64_t slot, uint64_t most, char letter, uint64_t *bytes) {
    uint64_t count = 0, words[2];
    letters->block = NULL;
    for (*bytes = 0; slot && count < most; slot = words[0], count++) {
        uint64_t unit = (slot - letters->base) >> UNIT_SHIFT;
        struct view_block *block = unit < letters->units ? letters->block_of[unit] : NULL;
        uint64_t place = block ? slot - letters->base - block->start : 0;
        bool sound = block && place % block->slot_bytes == 0 && place / block->slot_bytes < block->carved &&
                     have_letters(block) && block->slots[place / block->slot_bytes] == SLOT_USED &&
                     read_words(letters, block, slot, words) && words[1] == slot + words[0] + SLOT_MARK;
        if (!sound) {
            letters->view->astray++;
            break;
        }
        block->slots[place / block->slot_bytes] = letter;
        *bytes += block->slot_bytes;
    }
    return count;
}

void letters_count(struct view_block *block) {
    block->used = block->carved;
    for (uint32_t slot = 0; block->slots && slot < block->carved; slot++)
        block->used -= block->slots[slot] != SLOT_USED;
}
