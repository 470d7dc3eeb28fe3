/*
 * fault_picture.c - draws the heap around a fault: the tour's strip, and a line for each block.
 *
 *      heap  |##### 1 a #####|..... 2 .....|### 3 c ###|........ 4 ........|
 *        1  +32     100  a: 100 bytes asked for
 *        2  +176    112  free, on no list                               <--
 */
#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BEFORE_MOST 6 /* blocks before the fault; TOUR_BLOCKS in all */

struct tour_screen picture_screen(void) {
    struct winsize size = {0};
    bool terminal = isatty(STDOUT_FILENO);
    int width = terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 100;
    bool plain = getenv("NO_COLOR") && *getenv("NO_COLOR");
    return (struct tour_screen){width < 40 ? 40 : width, terminal && !plain, false};
}

/* What is plainly wrong with this block; NULL: nothing. */
static const char *what_is_odd(const struct look *look, size_t index) {
    const struct seen_block *block = &look->blocks[index], *next = block + 1;
    bool is_last = index + 1 == look->count;
    if (!look->lists)
        return NULL;
    if (block->is_free && !block->listed)
        return "free, on no list";
    if (!block->is_free && block->listed)
        return "in use, on a free list";
    if (!is_last && block->offset + block->size != next->offset - look->header_bytes)
        return "does not end where the next begins";
    return NULL;
}

static size_t index_of_place(const struct look *look, uint64_t place) {
    for (size_t index = 0; index < look->count; index++)
        if (place < look->blocks[index].offset + look->blocks[index].size)
            return place == NOWHERE ? look->count : index;
    return look->count;
}

static size_t bad_index(const struct look *look, uint64_t place) {
    size_t index = index_of_place(look, place);
    for (size_t other = 0; index == look->count && other < look->count; other++)
        if (what_is_odd(look, other))
            index = other;
    return index;
}

/* The tour's picture of blocks [from, to). Its addresses are offsets; a strip needs no more. */
static void fill_picture(struct tour_picture *picture, const struct look *look, size_t from, size_t to) {
    *picture = (struct tour_picture){.header_bytes = look->header_bytes, .whole = true};
    for (size_t index = from; index < to; index++) {
        const struct seen_block *block = &look->blocks[index];
        struct tour_block *drawn = &picture->blocks[picture->count++];
        drawn->header = (const MemoryBlock *)(uintptr_t)(block->offset - look->header_bytes);
        drawn->payload = (const void *)(uintptr_t)block->offset;
        drawn->copy.size = block->size;
        drawn->copy.isFree = block->is_free;
        drawn->name = block->object < 26 ? (char)('a' + block->object) : 0;
    }
    const struct seen_block *last = &look->blocks[to - 1];
    picture->total_bytes = last->offset + last->size - (look->blocks[from].offset - look->header_bytes);
}

static void print_block(const struct look *look, size_t index, int number, bool bad) {
    const struct seen_block *block = &look->blocks[index];
    const char *odd = what_is_odd(look, index);
    char words[120], name[OBJECT_WORDS];
    if (odd)
        snprintf(words, sizeof words, "%s", odd);
    else if (block->is_free && !look->lists)
        snprintf(words, sizeof words, "between blocks: free, or the allocator's own");
    else if (block->is_free)
        snprintf(words, sizeof words, "free; list %" PRIu32 ", place %" PRIu32, block->list, block->place);
    else if (block->object != OBJECT_UNKNOWN)
        snprintf(words, sizeof words, "%s, which asked for %" PRIu64, object_word(block->object, name),
                 block->asked);
    else
        snprintf(words, sizeof words, "in use");
    printf("  %4d  at +%-8" PRIu64 " %8" PRIu64 " bytes  %s%s\n", number, block->offset, block->size, words,
           bad ? "  <--" : "");
}

static const struct seen_block *listed_at(const struct look *look, uint32_t list, uint32_t place,
                                          size_t *index) {
    for (*index = 0; *index < look->count; ++*index) {
        const struct seen_block *block = &look->blocks[*index];
        if (block->listed && block->list == list && block->place == place)
            return block;
    }
    return NULL;
}

/* Prints each list by the numbers of its blocks in the picture. */
static void print_lists(const struct look *look, size_t from, size_t to) {
    bool any = false;
    size_t index;
    for (uint32_t list = 0; list < HALLOC_ROOTS; list++) {
        for (uint32_t place = 0; listed_at(look, list, place, &index) && place < TOUR_BLOCKS; place++) {
            if (!place)
                printf("  list %" PRIu32 ":", list);
            if (index >= from && index < to)
                printf("%s %zu", place ? " ->" : "", index - from + 1);
            else
                printf("%s +%" PRIu64, place ? " ->" : "", look->blocks[index].offset);
            any = true;
        }
        if (listed_at(look, list, 0, &index))
            puts("");
    }
    if (!any)
        puts("  the free lists are empty");
}

const char *cursor_words(const struct look *look, char words[CURSOR_WORDS]) {
    static const char *const what[] = {
        [CURSOR_NULL] = "NULL",
        [CURSOR_LISTED] = "a free block",
        [CURSOR_STALE] = "a block that is on no free list",
        [CURSOR_INSIDE] = "inside the heap, where no block begins",
        [CURSOR_WILD] = "out of the heap",
    };
    if (look->cursor_place == NOWHERE)
        snprintf(words, CURSOR_WORDS, "%s", what[look->cursor]);
    else
        snprintf(words, CURSOR_WORDS, "+%" PRIu64 ", %s", look->cursor_place, what[look->cursor]);
    return words;
}

/* Prints what the policy remembers besides its lists, if it does. */
static void print_own(const struct look *look) {
    char words[CURSOR_WORDS];
    bool any = false;
    if (look->cursor != CURSOR_NULL)
        printf("  set->cursor: %s%s\n", cursor_words(look, words),
               look_cursor_is_stale(look) ? "  <-- stale" : "");
    for (size_t bit = 0; bit < SEEN_WORDS * 64; bit++) {
        if (!(look->bitmap[bit / 64] >> bit % 64 & 1))
            continue;
        printf(any ? ", %zu" : "  set->bitmap: bits %zu", bit);
        any = true;
    }
    if (any)
        puts("");
}

void picture_print(const struct look *look, uint64_t place, const char *title) {
    struct tour_screen screen = picture_screen();
    struct tour_picture picture;
    size_t bad = bad_index(look, place), from = 0, to = look->count;
    if (!look->count) {
        printf("%s: it has no block.\n", title);
        return;
    }
    if (bad < look->count && bad > BEFORE_MOST)
        from = bad - BEFORE_MOST;
    if (to - from > TOUR_BLOCKS)
        to = from + TOUR_BLOCKS;
    printf("%s, %" PRIu64 " bytes in %zu block%s%s:\n", title, look->top, look->count,
           look->count == 1 ? "" : "s", look->whole ? "" : ", as far as they could be followed");
    fill_picture(&picture, look, from, to);
    tour_strip(&screen, &picture, "heap");
    for (size_t index = from; index < to; index++)
        print_block(look, index, (int)(index - from) + 1, index == bad);
    if (from || to < look->count)
        printf("  and %zu block%s more\n", look->count - (to - from),
               look->count - (to - from) == 1 ? "" : "s");
    if (look->lists) {
        print_lists(look, from, to);
        print_own(look);
    }
}
