/*
 * holders.c - which call sites hold the live bytes. Objects of one call site form a group, and those of sites
 * that read the same. Without call
 * sites a group is one size, if that size is frequent, and otherwise the sizes from one power of two to the
 * next.
 */
#include "explain.h"

#include "../base/table.h"
#include "../profile/profile.h"

#include <stdlib.h>

#define HOLDERS_TOLD 3
#define SIZE_SAYS_MUCH                                                                                       \
    10 /* a size has its own group if its share of the live bytes is at least 1 in this number */
#define IS_RANGE (UINT64_C(1) << 63)

struct holder {
    uint32_t site;
    uint64_t key; /* a number that its objects have in common besides the site */
    uint64_t low, high, bytes, objects, never_freed;
    uint64_t born, half_born,
        last_born; /* the operations that began the first, the middle and the last object */
};

static int compare(uint64_t left, uint64_t right) {
    return left < right ? -1 : left > right;
}

static int by_key(const void *one, const void *other) {
    const struct holder *left = one, *right = other;
    int order = compare(left->site, right->site);
    order = order ? order : compare(left->key, right->key);
    return order ? order : compare(left->born, right->born);
}

static int by_bytes(const void *one, const void *other) {
    return -compare(((const struct holder *)one)->bytes, ((const struct holder *)other)->bytes);
}

static size_t end_of(const struct holder *all, size_t count, size_t at) {
    size_t end = at;
    while (end < count && all[end].site == all[at].site && all[end].key == all[at].key)
        end++;
    return end;
}

/* Merges infrequent sizes into their range. */
static void widen(struct holder *all, size_t count, uint64_t live_bytes) {
    for (size_t at = 0, end; at < count; at = end) {
        end = end_of(all, count, at);
        uint64_t size = all[at].low;
        if (size && size * (end - at) >= live_bytes / SIZE_SAYS_MUCH)
            continue;
        for (size_t index = at; index < end; index++)
            all[index].key = IS_RANGE | size_range(size);
    }
    qsort(all, count, sizeof *all, by_key);
}

struct same {
    struct table of_site, of_words; /* both lead to a site: the first one that reads like it */
};

/* Without memory, sites stay apart. */
static uint32_t same_site(const struct explanation *why, struct same *same, uint32_t site) {
    char words[512];
    struct table_entry *known = table_find(&same->of_site, site);
    if (known)
        return (uint32_t)known->value;
    uint64_t hash = profile_hash(0, from_site(why, site, words, sizeof words)) & ~UINT64_C(1);
    known = table_find(&same->of_words, hash);
    uint32_t first = known ? (uint32_t)known->value : site;
    if (!known)
        table_add(&same->of_words, hash, site);
    table_add(&same->of_site, site, first);
    return first;
}

static size_t find_holders(const struct explanation *why, const struct moment *moment, struct holder *all) {
    size_t count = 0, kinds = 0;
    bool sites = trace_has_sites(why->trace);
    struct same same = {0};
    for (size_t index = 0; index < moment->count; index++) {
        const struct serial_block *block = &moment->blocks[index];
        const struct fact *fact = block->is_free ? NULL : facts_of(&why->facts, block->object);
        uint64_t size = block->requested;
        if (fact)
            all[count++] = (struct holder){.site = sites ? same_site(why, &same, fact->site) : 0,
                                           .key = sites ? 0 : size,
                                           .low = size,
                                           .high = size,
                                           .bytes = size,
                                           .objects = 1,
                                           .never_freed = fact->died == FACT_NEVER,
                                           .born = fact->born};
    }
    table_free(&same.of_site);
    table_free(&same.of_words);
    qsort(all, count, sizeof *all, by_key);
    if (!sites)
        widen(all, count, why->event.live_bytes);
    for (size_t at = 0, end; at < count; at = end) {
        end = end_of(all, count, at);
        struct holder sum = all[at];
        sum.half_born = all[at + (end - at - 1) / 2].born;
        sum.last_born = all[end - 1].born;
        for (size_t index = at + 1; index < end; index++) {
            const struct holder *one = &all[index];
            sum.low = one->low < sum.low ? one->low : sum.low;
            sum.high = one->high > sum.high ? one->high : sum.high;
            sum.bytes += one->bytes;
            sum.objects++;
            sum.never_freed += one->never_freed;
        }
        all[kinds++] = sum;
    }
    qsort(all, kinds, sizeof *all, by_bytes);
    return kinds;
}

/* A size in the range has a group of its own. */
static bool is_rest(const struct holder *all, size_t kinds, const struct holder *range) {
    for (size_t index = 0; index < kinds; index++)
        if (!(all[index].key & IS_RANGE) && size_range(all[index].low) == (range->key & ~IS_RANGE))
            return range->key & IS_RANGE;
    return false;
}

static void say_end(struct explanation *why, const struct holder *holder) {
    char count[WORD_BYTES];
    if (holder->never_freed == holder->objects)
        say(why, ", %s.\n", trace_unfreed(why->trace, true));
    else if (holder->never_freed)
        say(why, ", %s of them %s.\n", word_count(holder->never_freed, count),
            trace_unfreed(why->trace, true));
    else
        say(why, holder->objects == 1 ? ", freed later.\n" : ", all freed later.\n");
}

/* In whole percent of the run's operations. */
static unsigned share_of_run(const struct explanation *why, uint64_t operation) {
    return (unsigned)(100.0 * (double)operation / (double)trace_totals(why->trace)->operations + 0.5);
}

/* Objects that are never freed: does the program set them up once, or do they become more and more? */
static void say_births(struct explanation *why, const struct holder *holder) {
    char first[WORD_BYTES], last[WORD_BYTES];
    unsigned from = share_of_run(why, holder->born), to = share_of_run(why, holder->last_born);
    say(why, ", asked for by operation%s %s", holder->objects == 1 ? "" : "s",
        word_count(holder->born, first));
    if (holder->objects > 1)
        say(why, " to %s", word_count(holder->last_born, last));
    if (from < to)
        say(why, " (%u to %u %% of the run)", from, to);
    else
        say(why, " (%u %% of the run)", from);
    if (from < to && holder->objects > 2)
        say(why, ", half of them by %u %%", share_of_run(why, holder->half_born));
    say(why, ".\n");
}

const char *explain_holders(struct explanation *why, const struct moment *moment, bool at_end) {
    struct holder *all = calloc(moment->count + 1, sizeof *all);
    if (!all)
        return "out of memory";
    size_t kinds = find_holders(why, moment, all);
    char size[3 * WORD_BYTES], count[WORD_BYTES], site[512];
    double live = (double)why->event.live_bytes;
    for (size_t index = 0; index < kinds && index < HOLDERS_TOLD; index++) {
        const struct holder *holder = &all[index];
        double percent = 100.0 * (double)holder->bytes / (live > 0 ? live : 1);
        if (percent < 0.5)
            break;
        say(why, "%.0f %% of what is live, %s, ", percent, exact_bytes(holder->bytes, size));
        say(why, "%s %s %sblock%s", holder->objects == 1 ? "is" : "are", word_count(holder->objects, count),
            is_rest(all, kinds, holder) ? "other " : "", holder->objects == 1 ? "" : "s");
        if (holder->key)
            say(why, " of %s", size_words(holder->low, holder->high, size));
        say(why, "%s", from_site(why, holder->site, site, sizeof site));
        at_end ? say_births(why, holder) : say_end(why, holder);
    }
    if (kinds && live > 0 && (double)all[0].bytes < live / 200)
        say(why, "No call site has 1 %% of what is live: there are %s.\n", word_count(kinds, count));
    free(all);
    return NULL;
}
