/* say_profile.c - a profile as a table for people. */
#include "say_profile.h"

#include "../base/words.h"

#include <inttypes.h>
#include <stdio.h>

#define CALLERS_SHOWN 4

enum column { ALLOCATED, AGES, BEFORE }; /* what stands beside the bytes in use */

static int by_bytes(const void *one, const void *other) {
    const struct profile_site *left = *(const struct profile_site *const *)one,
                              *right = *(const struct profile_site *const *)other;
    uint64_t a = left->peak_bytes ? left->peak_bytes : left->bytes >> 32,
             b = right->peak_bytes ? right->peak_bytes : right->bytes >> 32;
    return a < b ? 1 : a > b ? -1 : left->bytes < right->bytes ? 1 : left->bytes > right->bytes ? -1 : 0;
}

const char *say_stack(const struct profile *profile, const struct profile_site *site, char *room) {
    char words[600];
    size_t length =
        (size_t)snprintf(room, SAY_STACK_BYTES, "%s", site->frame_count ? "" : "(its stack is not known)");
    for (uint32_t at = 0, shown = 0; at < site->frame_count && shown < CALLERS_SHOWN; at++) {
        const struct symbol *symbol = &profile->frames[site->frames[at]];
        if (symbol_is_plumbing(symbol))
            continue;
        const char *name =
            shown ? symbol_name(symbol, words, sizeof words) : symbol_print(symbol, words, sizeof words);
        length +=
            (size_t)snprintf(room + length, SAY_STACK_BYTES - length, "%s%s", shown++ ? " < " : "", name);
    }
    return room;
}

/* Sites whose rows would read the same become one. */
static uint64_t hash_row(const struct profile *profile, const struct profile_site *site) {
    char words[SAY_STACK_BYTES];
    return profile_hash(0, say_stack(profile, site, words));
}

static void say_site(const struct profile_site *site, uint64_t total, enum column column) {
    char live[WORD_BYTES], all[WORD_BYTES];
    printf("%10s %4.0f %%", word_bytes(site->peak_bytes, live),
           total ? 100.0 * (double)site->peak_bytes / (double)total : 0);
    if (column == AGES)
        printf(" %6u s %6u s ", site->oldest_seconds, site->youngest_seconds);
    else
        printf(" %11s  ", word_bytes(column == BEFORE ? site->before_bytes : site->bytes, all));
}

static uint64_t count_of(const struct profile_site *site, enum column column) {
    return column == ALLOCATED && !site->peak_bytes ? site->bytes : site->peak_bytes;
}

static void say_sites(const struct profile *profile, size_t most, enum column column) {
    char words[SAY_STACK_BYTES];
    const struct profile_site **sites = malloc((profile->site_count + 1) * sizeof *sites);
    uint64_t total = 0;
    size_t count = 0;
    for (uint32_t number = 0; sites && number < profile->site_count; number++) {
        total += profile->sites[number].peak_bytes;
        if (count_of(&profile->sites[number], column))
            sites[count++] = &profile->sites[number];
    }
    if (!sites)
        return;
    qsort(sites, count, sizeof *sites, by_bytes);
    static const char *const titles[] = {
        [ALLOCATED] = "  allocated", [AGES] = "  oldest youngest", [BEFORE] = "     before"};
    printf("    %s  share %s  call site < its callers\n", column == BEFORE ? "  grew" : "in use",
           titles[column]);
    for (size_t at = 0; at < count && at < most; at++) {
        say_site(sites[at], total, column);
        printf(" %s\n", say_stack(profile, sites[at], words));
    }
    if (count > most)
        printf("... %zu more (--top=%zu)\n", count - most, count);
    free(sites);
}

void say_profile(const struct profile *whole, size_t most, bool ages) {
    const struct profile copy = profile_merged(whole, hash_row), *profile = &copy;
    uint64_t live = 0, all = 0, count = 0;
    char words[WORD_BYTES], sites[WORD_BYTES], pid[24] = "";
    for (uint32_t number = 0; number < profile->site_count; number++) {
        live += profile->sites[number].peak_bytes;
        all += profile->sites[number].bytes;
        count += count_of(&profile->sites[number], ages ? AGES : ALLOCATED) != 0;
    }
    if (profile->pid) /* a saved profile has none */
        snprintf(pid, sizeof pid, " (%u)", profile->pid);
    printf("%s%s: %s in use", profile->command, pid, word_bytes(live, words));
    if (!ages) /* ages are of what is in use alone */
        printf(", %s allocated while it was sampled,", word_bytes(all, words));
    printf(" at %s; estimates\n\n", word_many(count, "call site", sites));
    say_sites(profile, most, ages ? AGES : ALLOCATED);
    free(copy.sites);
}

/* --- What shrank --------------------------------------------------------------------------------------- */

struct row {
    const struct profile *profile;
    const struct profile_site *site;
};

static int by_shrunk(const void *one, const void *other) {
    uint64_t left = ((const struct row *)one)->site->shrunk_bytes,
             right = ((const struct row *)other)->site->shrunk_bytes;
    return left < right ? 1 : left > right ? -1 : 0;
}

static size_t add_rows(struct row *rows, size_t count, const struct profile *profile) {
    for (uint32_t number = 0; number < profile->site_count; number++)
        if (profile->sites[number].shrunk_bytes)
            rows[count++] = (struct row){profile, &profile->sites[number]};
    return count;
}

/* Sites that are in both profiles, and those that only the earlier one has. */
static void say_shrunk(const struct profile *later, const struct profile *earlier, size_t most,
                       enum column column) {
    struct row *rows = malloc(((size_t)later->site_count + earlier->site_count + 1) * sizeof *rows);
    if (!rows)
        return;
    size_t count = add_rows(rows, add_rows(rows, 0, later), earlier);
    qsort(rows, count, sizeof *rows, by_shrunk);
    for (size_t at = 0; at < count && at < most; at++) {
        char less[WORD_BYTES + 1] = "-", before[WORD_BYTES], words[SAY_STACK_BYTES];
        word_bytes(rows[at].site->shrunk_bytes, less + 1);
        word_bytes(rows[at].site->before_bytes, before);
        printf("%10s       %*s  %s\n", less, column == AGES ? 18 : 12, column == AGES ? "" : before,
               say_stack(rows[at].profile, rows[at].site, words));
    }
    if (count > most)
        printf("... %zu more that shrank (--top=%zu)\n", count - most, count);
    free(rows);
}

void say_growth(const struct profile *whole, const struct profile *earlier, const struct growth *growth,
                const char *name, size_t most, bool ages) {
    const struct profile copy = profile_merged(whole, hash_row), *profile = &copy;
    enum column column = ages ? AGES : BEFORE;
    uint64_t grew = 0, count = 0;
    char now[WORD_BYTES], then[WORD_BYTES], words[WORD_BYTES], sites[WORD_BYTES];
    for (uint32_t number = 0; number < profile->site_count; number++) {
        grew += profile->sites[number].peak_bytes;
        count += profile->sites[number].peak_bytes != 0;
    }
    printf("%s: %s in use, %s in %s; estimates\n", profile->command, word_bytes(growth->now, now),
           word_bytes(growth->before, then), name);
    printf("%s more at %s, ", word_bytes(grew, words), word_many(count, "call site", sites));
    printf("%s less at %s\n\n", word_bytes(growth->shrunk, words),
           word_many(growth->shrunk_sites, "call site", sites));
    say_sites(profile, most, column);
    say_shrunk(whole, earlier, most, column);
    free(copy.sites);
}
