/*
 * evidence.c - a policy's choices, kept while it is on trial, and repeated without it.
 *
 * The policy runs in the process that checks it. So it could write "passed" where the judge reads. The judge
 * therefore believes no such word. It repeats the trial in a fresh process, where none of the policy's code
 * is. There the policy's choices are read from this list, and every check is made again.
 *
 *      first     find(40) -> the policy says +176 ----> noted      merge(..) -> yes ----> noted
 *      again     find(40) -> +176 is read from the list            merge(..) -> yes, from the list
 *
 * A list that was made up must lead to a sound heap, operation by operation. Whoever can write one has solved
 * the task. The heap's size in a grade comes from the second run, too.
 */
#include "../../../src/classic/heap.h"
#include "trial.h"

#include <sys/mman.h>

#define CHOICES_EACH 64 /* for each call, as a mean; a sound policy makes fewer than ten */
#define CHOICES_LEAST ((size_t)1 << 20)

struct evidence {
    size_t room, count, read; /* in choices */
    bool rounds, pieces, merges;
    uint64_t choices[];
};

static struct evidence *kept;
static const halloc_policy *own;

static size_t bytes_of(size_t room) {
    return sizeof(struct evidence) + room * sizeof(uint64_t);
}

struct evidence *evidence_make(size_t calls) {
    size_t room = CHOICES_LEAST + calls * CHOICES_EACH;
    struct evidence *evidence =
        mmap(NULL, bytes_of(room), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (evidence == MAP_FAILED)
        return NULL;
    evidence->room = room;
    return evidence;
}

void evidence_free(struct evidence *evidence, size_t calls) {
    munmap(evidence, bytes_of(CHOICES_LEAST + calls * CHOICES_EACH));
}

/* --- Keeping ------------------------------------------------------------------------------------------ */

static uint64_t keep(uint64_t choice) {
    if (stage_watch.looking)
        return choice;
    if (kept->count < kept->room)
        kept->choices[kept->count] = choice;
    kept->count++;
    return choice;
}

static MemoryBlock *keep_find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = own->find(set, size);
    keep(block ? (uint64_t)((const char *)block - stage_watch.engine->base) + 1 : 0);
    return block;
}

static size_t keep_round(const halloc_free_set *set, size_t size) {
    return keep(own->round_size(set, size));
}

static size_t keep_piece(const halloc_free_set *set, size_t payload, size_t bytes) {
    return keep(own->piece(set, payload, bytes));
}

static bool keep_merge(const halloc_free_set *set, size_t payload, size_t left, size_t right) {
    return keep(own->may_merge(set, payload, left, right));
}

const halloc_policy *evidence_keep(struct evidence *evidence, const halloc_policy *policy) {
    static halloc_policy keeping;
    kept = evidence;
    own = policy;
    kept->rounds = policy->round_size != NULL;
    kept->pieces = policy->piece != NULL;
    kept->merges = policy->may_merge != NULL;
    keeping = *policy;
    keeping.find = keep_find;
    keeping.round_size = policy->round_size ? keep_round : NULL;
    keeping.piece = policy->piece ? keep_piece : NULL;
    keeping.may_merge = policy->may_merge ? keep_merge : NULL;
    return &keeping;
}

void evidence_note(struct evidence *evidence, uint64_t choice) {
    kept = evidence;
    keep(choice);
}

/* --- Repeating ---------------------------------------------------------------------------------------- */

bool evidence_next(struct evidence *evidence, uint64_t *choice) {
    if (evidence->read >= evidence->count || evidence->read >= evidence->room) {
        stage_blame(stage_watch.stage, RULE_FORGED, HOOK_NONE, NOWHERE,
                    "it reported an end that its choices do not lead to");
        *choice = 0;
        return false;
    }
    *choice = evidence->choices[evidence->read++];
    return true;
}

static uint64_t next(void) {
    uint64_t choice;
    evidence_next(kept, &choice);
    return choice;
}

/* hooks.c looks whether it is a free block. */
static MemoryBlock *read_find(const halloc_free_set *set, size_t size) {
    uint64_t choice = next();
    (void)set, (void)size;
    return choice ? (MemoryBlock *)(stage_watch.engine->base + choice - 1) : NULL;
}

/* To a check any answer will do here: the first trial has asked the hooks themselves. */
static size_t read_round(const halloc_free_set *set, size_t size) {
    (void)set;
    return stage_watch.looking ? size : next();
}

static size_t read_piece(const halloc_free_set *set, size_t payload, size_t bytes) {
    (void)set, (void)payload;
    return stage_watch.looking ? bytes : next();
}

static bool read_merge(const halloc_free_set *set, size_t payload, size_t left, size_t right) {
    (void)set, (void)payload, (void)left, (void)right;
    return !stage_watch.looking && next() != 0;
}

static void read_insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, 0, block);
}

static void read_remove(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 0, block);
}

const halloc_policy *evidence_repeat(struct evidence *evidence) {
    static halloc_policy repeating = {
        .name = "repeated", .find = read_find, .insert = read_insert, .remove = read_remove};
    kept = evidence;
    kept->read = 0;
    repeating.round_size = kept->rounds ? read_round : NULL;
    repeating.piece = kept->pieces ? read_piece : NULL;
    repeating.may_merge = kept->merges ? read_merge : NULL;
    return &repeating;
}
