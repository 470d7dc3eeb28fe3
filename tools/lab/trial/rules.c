/*
 * rules.c - see rules.h.
 */
#include "rules.h"

#define OWNER                                                                                                \
    "size, next, prev, isFree and tag of a block are the engine's; a policy writes nextFree and prevFree "   \
    "alone"

static const struct rule rules[RULES] = {
    [RULE_NONE] = {"none", 0, "", ""},
    [RULE_FIND_NO_BLOCK] = {"find-no-block", 4, "find gives a free block of the set, or NULL.",
                            "Does a list still hold a block that remove should have taken out?"},
    [RULE_FIND_IN_USE] = {"find-in-use", 4, "find gives a block that is free.",
                          "If find walks the free lists: does remove unlink the block? If find walks all "
                          "blocks by next: does it ask isFree?"},
    [RULE_FIND_TOO_SMALL] = {"find-too-small", 0,
                             "find gives a block that is at least as large as the request. In a smaller one "
                             "the program would overwrite the next block.",
                             "Compare block->size, which is payload without the header, with size."},
    [RULE_FIND_CHANGES] = {"find-changes", 0,
                           "find changes nothing, because the heap also calls it only to look. A policy that "
                           "remembers a search does so in take.",
                           "Move what find assigns to the set into take."},
    [RULE_FIND_WAVERS] =
        {"find-wavers", 0, "find gives the same block if it is called twice with the same size.",
         "Keep the data that decides in the set, and change it only in take, insert and remove."},
    [RULE_FIND_MISSES] = {"find-misses", 0, "find gives NULL only if no free block fits.",
                          "Does the search end before the list does? Is >= written as >?"},
    [RULE_FIND_NEVER] = {"find-never", 0,
                         "If find gives NULL the heap grows and calls find again. find must then find the "
                         "new memory, or the heap grows without end.",
                         "find gave NULL right after the heap grew. Does it look at the list that insert "
                         "puts blocks on, and return what it found?"},
    [RULE_INSERT_FORGETS] =
        {"insert-forgets", 4,
         "A free block is on exactly one free list. A block on no list is lost: find never sees it.",
         "Does insert link the block in on every path, in the empty list too?"},
    [RULE_INSERT_LOSES] = {"insert-loses", 4, "insert adds one block and keeps all others.",
                           "Does the new block link to the old head before it becomes the head?"},
    [RULE_REMOVE_FORGETS] = {"remove-forgets", 4, "After remove, its block is on no list.",
                             "Does remove look at the list that insert put the block on?"},
    [RULE_REMOVE_LOSES] =
        {"remove-loses", 4, "remove takes one block out and keeps all others.",
         "Both neighbours on the list must skip the block; if it was the head, the root as well."},
    [RULE_LINKS] = {"links", 4,
                    "A list starts at set->root[...], and nextFree leads on to NULL. prevFree leads back.",
                    "Draw the list before and after, and follow each pointer that the hook writes."},
    [RULE_TWO_LISTS] =
        {"two-lists", 4, "A free block is on exactly one free list, and each set->root[...] begins a list.",
         "Does remove take a block off the list that insert chose? A place to remember, as next "
         "fit's rover, is no list: keep it in set->cursor."},
    [RULE_LIST_INDEX] = {"list-index", 0,
                         "A policy has the lists set->root[0] to set->root[HALLOC_ROOTS - 1].",
                         "Which size gives that index? All larger blocks can share the last list."},
    [RULE_RECORD] = {"record", 5, OWNER ".", "Which hook writes another member?"},
    [RULE_ROUND] =
        {"round-size", 6,
         "round_size gives at least its argument, and size + header is then a multiple of the granule.",
         "Count the header: sizes are payloads, and the heap is tiled by header and payload."},
    [RULE_PIECE] = {"piece", 6,
                    "piece gives a size with its header: at least a header and a granule, at most `bytes`, "
                    "and a multiple of the granule.",
                    "Print payload, bytes and the result of each call."},
    [RULE_MERGE_WAVERS] = {"merge-wavers", 3,
                           "may_merge gives the same answer if it is called twice with the same arguments.",
                           "It may look only at its arguments."},
    [RULE_APART] = {"apart", 3,
                    "Two free neighbours that could be one block stayed apart. A request that fits both "
                    "together fits neither.",
                    "may_merge said no. Policies that cut anywhere need no may_merge at all. If that is your "
                    "intention: --apart."},
    [RULE_INVARIANT_1] =
        {"invariant-1", 1,
         "Blocks tile the heap: each begins where the one before it ends, without gap or overlap.",
         OWNER "."},
    [RULE_INVARIANT_2] = {"invariant-2", 2, "next and prev of neighbours agree, and end in NULL.", OWNER "."},
    [RULE_INVARIANT_3] = {"invariant-3", 3, "Free neighbours that the policy would merge are one block.",
                          "Does may_merge answer the same each time?"},
    [RULE_INVARIANT_4] = {"invariant-4", 4,
                          "A block is on a free list exactly when it is free, and on one list only.",
                          "Compare what insert and remove do for a block of the same size."},
    [RULE_INVARIANT_5] = {"invariant-5", 5, "Every record is genuine: nothing has overwritten it.",
                          OWNER "."},
    [RULE_INVARIANT_6] =
        {"invariant-6", 6,
         "Sizes, header included, are multiples of the granule, and piece accepts them where they lie.",
         "may_merge and piece must agree on what a block may be."},
    [RULE_INVARIANT_7] = {"invariant-7", 7, "used_bytes is the sum of the blocks in use.", OWNER "."},
    [RULE_TOO_SMALL] = {"too-small", 0, "A request gets at least as many bytes as it asks for.",
                        "See round_size."},
    [RULE_NO_ROOM] = {"no-room", 0, "The heap can grow, so a request of this size is served.",
                      "Did round_size give 0, too large?"},
    [RULE_INIT] = {"init", 0, "mm_init makes an empty heap, and returns 0.",
                   "What does it return at its end? Does mem_sbrk fail there, which returns (void *)-1?"},
    [RULE_BYTES] = {"bytes", 0,
                    "The bytes of a block in use belong to its owner: only the owner writes there.",
                    "A policy's links lie in the payload. So it may write them only while the block is free: "
                    "between insert and remove."},
    [RULE_OVERLAP] = {"overlap", 0, "No two blocks in use share a byte.",
                      "Which block was given twice? Was it marked as in use before malloc returned?"},
    [RULE_ALIGNMENT] = {"alignment", 0,
                        "A block lies at a multiple of 16, or of what aligned_alloc was asked for.",
                        "Add up the header and the sizes: each block must take a multiple of 16 bytes."},
    [RULE_ZEROS] = {"zeros", 0, "What calloc gives is zero, byte by byte.",
                    "Has somebody used this memory before? Then it must be cleared."},
    [RULE_CRASH] = {"crash", 0, "Your code, or the heap with your data, touched memory that does not exist.",
                    "Can a pointer be NULL there: at the head, at the tail, in an empty list?"},
    [RULE_DIVIDES] = {"divides", 0, "No whole number can be divided by zero, by / or by %.",
                      "Which divisor can be 0 there? A size, a count, a difference of two sizes?"},
    [RULE_STACK] =
        {"stack-overflow", 0,
         "Each call takes a part of the stack, which has 8 MiB. So calls can't be nested without end.",
         "Which function calls itself? On which path does that end? A loop needs no stack. A large "
         "array can be static."},
    [RULE_ABORT] = {"abort", 0,
                    "Your code, or the heap with your data, found an error and called abort, as an "
                    "assert does.",
                    "Its last line of output names the error; an assert names its line, too."},
    [RULE_HANG] = {"hang", 0, "A hook returns, whatever the state of the heap.",
                   "Is the list a circle? Does the loop go on to block->nextFree on every path?"},
    [RULE_WAITS] = {"hang", 0, "What the heap calls returns soon, and waits for nothing.",
                    "It used hardly any processor time. Does it sleep, or wait for input or for a lock?"},
    [RULE_EXIT] = {"exit", 0, "A policy does not end the process.", "Who calls exit?"},
    [RULE_FLOODS] = {"prints-too-much", 0, "One trace may print up to 16 MiB.",
                     "Is there a loop without end that prints? If not, print less, or check a short trace."},
    [RULE_ALLOCATES] = {"allocates", 0,
                        "A hook calls neither malloc nor a function that does. In a real program it runs "
                        "inside malloc, which holds its lock, and would wait for itself for ever.",
                        "A policy can keep its data in the free blocks, set->cursor, set->bitmap and static "
                        "variables. printf, strdup and much of libc call malloc."},
    [RULE_REACHES] = {"reaches-out", 0,
                      "A policy stays in its process: it signals no other process, and makes none.",
                      "Nothing outside the heap helps to choose a block."},
    [RULE_FORGED] = {"forged", 0,
                     "What is reported is repeated by the judge alone, from the choices that were made. Both "
                     "must come to the same end.",
                     "Only the judge gives a verdict. Take out what writes one, or ends the process."},
    [RULE_UNCOUNTED] = {"uncounted", 0, "Probes are only ever counted up, by halloc_probe.",
                        "Which hook writes set->probes?"},
};

/* Where a whole allocator needs other words: it has no hooks, no set and no engine. */
static const struct rule rules_whole[RULES] = {
    [RULE_NO_ROOM] = {"no-room", 0, "While the system gives memory, a request of this size is served.",
                      "Does it ask for more when no free block is large enough, and for enough, the header "
                      "included?"},
    [RULE_BYTES] =
        {"bytes", 0,
         "The bytes of a block in use belong to its owner: only the owner writes there. realloc keeps "
         "them.",
         "Which header, footer or link is written there? Add up where the block ends. Does realloc copy "
         "as much as the smaller of both sizes?"},
    [RULE_CRASH] =
        {"crash", 0, "Your code touched memory that does not exist.",
         "Can a pointer be NULL there, or lead beyond the heap: at the first block, at the last one, in "
         "an empty list?"},
    [RULE_ABORT] = {"abort", 0, "Your code found an error and called abort, as an assert does.",
                    "Its last line of output names the error; an assert names its line, too."},
    [RULE_HANG] =
        {"hang", 0, "malloc and its kin return, whatever was asked for before.",
         "Is a list a circle? Does the loop go on to the next block on every path? Can a size be 0?"},
    [RULE_EXIT] = {"exit", 0, "An allocator does not end the process.", "Who calls exit?"},
    [RULE_REACHES] = {"reaches-out", 0,
                      "An allocator stays in its process: it signals no other process, and makes none.",
                      "It needs no more than memory: from mem_sbrk, sbrk or mmap."},
};

const struct rule *rule_of(enum rule_id id, bool whole) {
    return whole && rules_whole[id].name ? &rules_whole[id] : &rules[id];
}
