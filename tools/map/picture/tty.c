/*
 * tty.c - the map in a terminal. With colours a line has two rows of tiles, as half blocks. Without colours
 * it has signs. Below are the heap at one operation, and the free list in its order.
 */
#include "picture.h"

#include "../../base/terminal.h"

#include <inttypes.h>

#define LABEL_COLUMNS 10
#define ITEMS_MOST 8

struct screen {
    const struct map *map;
    unsigned wide, high; /* the size of the picture, in characters */
    bool colours;
    const char *const *signs;
};

/* In use, much to little; free; and the upper half of a line. Without that, its colour is left out. */
static const char *const utf8_signs[] = {"█", "▓", "▒", "░", "·", "▀"};
static const char *const ascii_signs[] = {"#", "%", "+", "-", ".", " "};

/* The heap's share of a cell as a sign, where there are no colours. */
static const char *sign_of(const struct screen *screen, const double shares[SHARES]) {
    double used = shares[SHARE_ASKED] + shares[SHARE_WASTE] + shares[SHARE_HEADER];
    unsigned sign = used > 0.9 ? 0 : used > 0.6 ? 1 : used > 0.35 ? 2 : used > 0.08 ? 3 : 4;
    return shares[SHARE_NONE] > 0.5 ? " " : screen->signs[sign];
}

static void put_half_blocks(const struct screen *screen, struct colour above, struct colour below) {
    printf("\033[38;2;%u;%u;%um\033[48;2;%u;%u;%um%s", above.red, above.green, above.blue, below.red,
           below.green, below.blue, screen->signs[5]);
}

static void put_line(const struct screen *screen, const struct tiles *tiles, uint64_t bytes, unsigned line) {
    double above[SHARES], below[SHARES];
    for (unsigned x = 0; x < screen->wide; x++) {
        if (screen->colours) {
            picture_cell(tiles, bytes, x, screen->wide, 2 * line, 2 * screen->high, above);
            picture_cell(tiles, bytes, x, screen->wide, 2 * line + 1, 2 * screen->high, below);
            put_half_blocks(screen, colour_mix(above), colour_mix(below));
        } else {
            picture_cell(tiles, bytes, x, screen->wide, line, screen->high, above);
            fputs(sign_of(screen, above), stdout);
        }
    }
    puts(screen->colours ? "\033[0m" : "");
}

static void put_axis(const struct screen *screen, uint64_t at) {
    char last[WORD_BYTES], here[WORD_BYTES];
    unsigned place = (unsigned)((unsigned __int128)at * (screen->wide - 1) / screen->map->operations);
    printf("%*s%*s^ operation %s\n", LABEL_COLUMNS, "", (int)place, "", word_count(at, here));
    printf("%*s0%*s\n", LABEL_COLUMNS, "", (int)screen->wide - 1,
           word_count(screen->map->operations - 1, last));
}

/* The heap at that moment from left to right: the shares of each piece. */
static void piece_shares(const struct moment *moment, uint64_t from, uint64_t to, size_t *at,
                         double shares[SHARES]) {
    double whole = to > from ? (double)(to - from) : 1, sum = 0;
    for (unsigned share = 0; share < SHARES; share++)
        shares[share] = 0;
    for (; *at < moment->count; ++*at) {
        const struct serial_block *block = &moment->blocks[*at];
        uint64_t ends[] = {block->offset + block->requested, block->offset + block->size, block->offset};
        uint64_t starts[] = {block->offset, ends[0], block->offset - moment->header_bytes};
        for (unsigned state = 0; state < TILE_STATES; state++) {
            uint64_t low = starts[state] > from ? starts[state] : from;
            uint64_t high = ends[state] < to ? ends[state] : to;
            if (high > low)
                shares[block->is_free ? SHARE_FREE : state] += (double)(high - low) / whole;
        }
        if (ends[1] >= to)
            break;
    }
    for (unsigned share = 0; share < SHARES; share++)
        sum += shares[share];
    shares[SHARE_NONE] = 1 - sum;
}

static void put_strip(const struct screen *screen, const struct moment *moment) {
    double shares[SHARES];
    size_t at = 0;
    printf("%*s", LABEL_COLUMNS, "");
    for (unsigned x = 0; x < screen->wide; x++) {
        uint64_t from = moment->top * x / screen->wide, to = moment->top * (x + 1) / screen->wide;
        piece_shares(moment, from, to, &at, shares);
        if (screen->colours)
            put_half_blocks(screen, colour_mix(shares), colour_mix(shares));
        else
            fputs(sign_of(screen, shares), stdout);
    }
    puts(screen->colours ? "\033[0m" : "");
}

static const char *more_words(size_t count, char room[2 * WORD_BYTES]) {
    char words[WORD_BYTES];
    snprintf(room, 2 * WORD_BYTES, " ... and %s more", word_count(count, words));
    return room;
}

/* As many as a line holds, but one at least. */
static void put_lists(const struct screen *screen, const struct moment *moment) {
    char words[WORD_BYTES], item_words[3 * WORD_BYTES], more[2 * WORD_BYTES];
    const struct lists *lists = &moment->lists;
    size_t used = (size_t)printf("%*sfree list:", LABEL_COLUMNS, ""), shown = 0;
    for (; shown < lists->count && shown < ITEMS_MOST; shown++) {
        const struct list_item *item = &lists->items[shown];
        const char *link = !shown ? "" : item->list == item[-1].list ? " ->" : " ;";
        size_t left = lists->count - shown - 1;
        snprintf(item_words, sizeof item_words, "%s 0x%" PRIx64 " (%s)", link, item->offset,
                 word_bytes(item->size, words));
        size_t rest = left ? strlen(more_words(left, more)) : 0;
        if (shown && used + strlen(item_words) + rest > LABEL_COLUMNS + screen->wide)
            break;
        used += strlen(item_words);
        fputs(item_words, stdout);
    }
    if (shown < lists->count)
        fputs(more_words(lists->count - shown, more), stdout);
    puts(lists->count ? "" : " empty");
}

static const char *put_policy(const struct screen *screen, const struct map_policy *policy, uint64_t at) {
    char words[WORD_BYTES], sentence[256];
    struct moment moment;
    uint64_t bytes = picture_bytes(screen->map);
    const char *why = moment_take(&moment, screen->map->trace, policy->name, at);
    if (!why) {
        printf("%s: %s\n", map_heap_words(policy, words), picture_words(&moment, sentence, sizeof sentence));
        for (unsigned line = 0; line < screen->high; line++) {
            bool told = line % 4 == 0;
            printf("%*s ", LABEL_COLUMNS - 1, told ? word_bytes(bytes * line / screen->high, words) : "");
            put_line(screen, &policy->levels[0], bytes, line);
        }
        put_axis(screen, at);
        put_strip(screen, &moment);
        if (strcmp(policy->name, SERIAL_PROCESS) != 0)
            put_lists(screen, &moment);
    }
    moment_free(&moment);
    return why;
}

const char *map_write_tty(const struct map *map, uint64_t at, unsigned columns, unsigned rows, bool colours) {
    unsigned around = 6 * map->policy_count + 2, least = LABEL_COLUMNS + 20;
    struct screen screen = {map, (columns > least ? columns : least) - LABEL_COLUMNS, 0, colours,
                            terminal_is_ascii() ? ascii_signs : utf8_signs};
    const char *why = NULL;
    screen.high = (rows > around ? rows - around : 0) / map->policy_count;
    screen.high = screen.high < 8 ? 8 : screen.high > 40 ? 40 : screen.high;
    for (unsigned index = 0; index < map->policy_count && !why; index++) {
        if (index)
            puts("");
        why = put_policy(&screen, &map->policies[index], at);
    }
    if (colours) {
        static const char *const names[] = {"asked for", "rounding", "headers", "free", "not yet heap"};
        printf("\n%*s", LABEL_COLUMNS, "");
        for (unsigned share = 0; share < SHARES; share++)
            printf("\033[48;2;%u;%u;%um  \033[0m %s   ", palette[share].red, palette[share].green,
                   palette[share].blue, names[share]);
        puts("");
    } else {
        const char *const *signs = screen.signs;
        printf("\n%*s%s%s%s%s in use, much to little   %s free\n", LABEL_COLUMNS, "", signs[0], signs[1],
               signs[2], signs[3], signs[4]);
    }
    return why;
}
