/*
 * holes.c - which blocks pin the holes: the blocks in use beside them, grouped by call site and size.
 *
 *      | 40 B | hole | 40 B | hole | 900 B |      40 B blocks pin both holes; a 900 B block pins one
 *
 * A hole can't grow because its neighbours are in use. If one of them were freed, the hole would grow. The
 * group that pins most holes is the useful answer: it names the place in the program.
 */
#include "explain.h"

#include <stdlib.h>

/* A block beside a hole. */
struct pin {
    uint32_t site;
    uint64_t size, key;
    size_t hole;
    bool never_freed;
    bool again; /* already seen from the hole before: it lies between the two */
};

/* Blocks of one site form a group by size, by range of sizes, or all together. */
enum width { ONE_SIZE, ONE_RANGE, ANY_SIZE };

struct group {
    struct pin first;
    uint64_t low, high;
    size_t holes, pins, never_freed;
};

static int compare(uint64_t left, uint64_t right) {
    return left < right ? -1 : left > right;
}

static int by_group(const void *one, const void *other) {
    const struct pin *left = one, *right = other;
    int order = compare(left->site, right->site);
    order = order ? order : compare(left->key, right->key);
    return order ? order : compare(left->hole, right->hole);
}

/* The group that pins most holes. */
static struct group largest_group(struct pin *pins, size_t count, enum width width) {
    struct group most = {0};
    for (size_t at = 0; at < count; at++)
        pins[at].key = width == ONE_SIZE ? pins[at].size : width == ONE_RANGE ? size_range(pins[at].size) : 0;
    qsort(pins, count, sizeof *pins, by_group);
    for (size_t at = 0, end; at < count; at = end) {
        struct group group = {.first = pins[at], .low = pins[at].size, .high = pins[at].size};
        for (end = at; end < count && pins[end].site == pins[at].site && pins[end].key == pins[at].key;
             end++) {
            group.low = pins[end].size < group.low ? pins[end].size : group.low;
            group.high = pins[end].size > group.high ? pins[end].size : group.high;
            group.holes += end == at || pins[end].hole != pins[end - 1].hole;
            group.pins += !pins[end].again;
            group.never_freed += !pins[end].again && pins[end].never_freed;
        }
        if (group.holes > most.holes)
            most = group;
    }
    return most;
}

static void add_pin(struct explanation *why, const struct moment *moment, size_t at, size_t index,
                    size_t hole, struct pin *pins, size_t *count) {
    const struct serial_block *block = index < moment->count ? &moment->blocks[index] : NULL;
    const struct fact *fact = block && !block->is_free ? facts_of(&why->facts, block->object) : NULL;
    if (fact)
        pins[(*count)++] = (struct pin){.site = fact->site,
                                        .size = block->requested,
                                        .hole = hole,
                                        .never_freed = fact->died == FACT_NEVER,
                                        .again = index && index < at && moment->blocks[index - 1].is_free};
}

static struct pin *find_pins(struct explanation *why, const struct moment *moment, size_t *count,
                             size_t *holes) {
    struct pin *pins = calloc(2 * moment->count + 1, sizeof *pins);
    *count = *holes = 0;
    for (size_t index = 0; pins && index < moment->count; index++) {
        if (!moment->blocks[index].is_free)
            continue;
        add_pin(why, moment, index, index - 1, *holes, pins, count);
        add_pin(why, moment, index, index + 1, *holes, pins, count);
        ++*holes;
    }
    return pins;
}

static void say_group(struct explanation *why, const struct group *group, size_t holes, enum width width) {
    char size[3 * WORD_BYTES], site[512], ended[WORD_BYTES], all[WORD_BYTES];
    double share = 100.0 * (double)group->holes / (double)holes;
    if (share < 0.5)
        return;
    say(why, "%.0f %% of the holes are pinned by ", share);
    if (width == ONE_SIZE)
        say(why, "%s ", size_words(group->low, group->high, size));
    say(why, "blocks");
    if (width == ONE_RANGE)
        say(why, " of %s", size_words(group->low, group->high, size));
    say(why, "%s, ", from_site(why, group->first.site, site, sizeof site));
    if (group->never_freed == group->pins)
        say(why, "still live at the end.\n");
    else if (!group->never_freed)
        say(why, "all freed later.\n");
    else
        say(why, "%s of %s still live at the end.\n", word_count(group->never_freed, ended),
            word_count(group->pins, all));
    tell_number(why, "pinned_percent", (uint64_t)(share + 0.5));
    if (width == ONE_SIZE)
        tell_number(why, "pinned_by_bytes", group->low);
    if (group->first.site != SITE_NONE)
        tell_words(why, "pinned_by_site", site + strlen(" from "));
    tell_truth(why, "pinned_to_the_end", group->never_freed == group->pins);
}

/* Groups by size and site if one group is large; otherwise by site alone or, without sites, by range of
 * sizes. */
void explain_pins(struct explanation *why, const struct moment *moment) {
    size_t count, holes;
    struct pin *pins = find_pins(why, moment, &count, &holes);
    if (pins && count && holes >= 2) {
        enum width wider = trace_has_sites(why->trace) ? ANY_SIZE : ONE_RANGE;
        struct group exact = largest_group(pins, count, ONE_SIZE), wide = largest_group(pins, count, wider);
        bool is_wide = exact.holes * 2 < wide.holes && (wider == ONE_RANGE || wide.first.site != SITE_NONE);
        say_group(why, is_wide ? &wide : &exact, holes, is_wide ? wider : ONE_SIZE);
    }
    free(pins);
}

void say_who(struct explanation *why, uint64_t object, uint64_t requested) {
    char words[WORD_BYTES], site[512];
    const struct fact *fact = facts_of(&why->facts, object);
    say(why, "%s", exact_bytes(requested, words));
    if (!fact)
        return;
    say(why, "%s", from_site(why, fact->site, site, sizeof site));
    say(why, ", asked for by operation %s", word_count(fact->born, words));
    if (trace_totals(why->trace)->threads > 1)
        say(why, " of thread %u", fact->thread);
    if (fact->died == FACT_NEVER)
        say(why, " and %s", trace_unfreed(why->trace, true));
    else
        say(why, " and freed by operation %s", word_count(fact->died, words));
}

static void say_pin(struct explanation *why, const struct moment *moment, size_t index, const char *side) {
    char address[WORD_BYTES];
    const struct serial_block *block = &moment->blocks[index];
    snprintf(address, sizeof address, "0x%llx", (unsigned long long)block->offset);
    say(why, "%s it, at %s, lies a block of ", side, address);
    say_who(why, block->object, block->requested);
    say(why, ".\n");
}

void explain_hole(struct explanation *why, const struct moment *moment, size_t index) {
    const struct serial_block *blocks = moment->blocks;
    bool before = index && !blocks[index - 1].is_free;
    bool behind = index + 1 < moment->count && !blocks[index + 1].is_free;
    if (before)
        say_pin(why, moment, index - 1, "Before");
    if (behind)
        say_pin(why, moment, index + 1, "Behind");
    if (!before && !behind)
        say(why, "Nothing in use lies beside it.\n");
    else
        say(why, "While %s in use, it can't become larger.\n", before && behind ? "both are" : "that is");
}
