/*
 * rules.h - the rules for a policy or a whole allocator, in words for a learner.
 */
#ifndef HALLOC_LAB_RULES_H
#define HALLOC_LAB_RULES_H

#include <stdbool.h>
#include <stddef.h>

enum rule_id {
    RULE_NONE,
    /* Of hooks: halloc.h, section 3. */
    RULE_FIND_NO_BLOCK,
    RULE_FIND_IN_USE,
    RULE_FIND_TOO_SMALL,
    RULE_FIND_CHANGES,
    RULE_FIND_WAVERS,
    RULE_FIND_MISSES,
    RULE_FIND_NEVER,
    RULE_INSERT_FORGETS,
    RULE_INSERT_LOSES,
    RULE_REMOVE_FORGETS,
    RULE_REMOVE_LOSES,
    RULE_LINKS,
    RULE_TWO_LISTS,
    RULE_LIST_INDEX,
    RULE_RECORD,
    RULE_ROUND,
    RULE_PIECE,
    RULE_MERGE_WAVERS,
    RULE_APART,
    /* Of the heap: src/engine/block.h's invariants, in their order. */
    RULE_INVARIANT_1,
    RULE_INVARIANT_2,
    RULE_INVARIANT_3,
    RULE_INVARIANT_4,
    RULE_INVARIANT_5,
    RULE_INVARIANT_6,
    RULE_INVARIANT_7,
    /* Of memory. */
    RULE_TOO_SMALL,
    RULE_NO_ROOM,
    RULE_INIT,
    RULE_BYTES,
    RULE_OVERLAP,
    RULE_ALIGNMENT,
    RULE_ZEROS,
    /* Of the process. */
    RULE_CRASH,
    RULE_DIVIDES,
    RULE_STACK,
    RULE_ABORT,
    RULE_HANG,
    RULE_WAITS,
    RULE_EXIT,
    RULE_FLOODS,
    RULE_ALLOCATES,
    RULE_REACHES,
    RULE_FORGED,
    RULE_UNCOUNTED,
    RULES
};

struct rule {
    const char *name;  /* the name for programs */
    int invariant;     /* the invariant of src/engine/block.h; 0: none */
    const char *words; /* what it means                                */
    const char *hint;  /* where to look                                */
};

/* In words for a policy, or for a whole allocator. */
const struct rule *rule_of(enum rule_id id, bool whole);

#endif
