/* say_profile.c - a profile as a table for people. */
#include "say_profile.h"

#include "../base/words.h"

#include <inttypes.h>
#include <stdio.h>

#define CALLERS_SHOWN 4

static int by_bytes(const void *one, const void *other) {
    const struct profile_site *left = *(const struct profile_site *const *)one,
                              *right = *(const struct profile_site *const *)other;
    uint64_t a = left->peak_bytes ? left->peak_bytes : left->bytes >> 32,
             b = right->peak_bytes ? right->peak_bytes : right->bytes >> 32;
    return a < b ? 1 : a > b ? -1 : left->bytes < right->bytes ? 1 : left->bytes > right->bytes ? -1 : 0;
}

static void say_site(const struct profile *profile, const struct profile_site *site, uint64_t total,
                     bool ages) {
    char live[WORD_BYTES], all[WORD_BYTES], words[600];
    printf("%10s %4.0f %%", word_bytes(site->peak_bytes, live),
           total ? 100.0 * (double)site->peak_bytes / (double)total : 0);
    if (ages)
        printf(" %6u s %6u s ", site->oldest_seconds, site->youngest_seconds);
    else
        printf(" %11s  ", word_bytes(site->bytes, all));
    if (!site->frame_count)
        printf(" (its stack is not known)");
    for (uint32_t at = 0; at < site->frame_count && at < CALLERS_SHOWN; at++) {
        const struct symbol *symbol = &profile->frames[site->frames[at]];
        const char *name =
            at && symbol->function[0] ? symbol->function : symbol_print(symbol, words, sizeof words);
        printf("%s%s", at ? " < " : " ", name);
    }
    printf("\n");
}

void say_profile(const struct profile *profile, size_t most, bool ages) {
    const struct profile_site **sites = malloc((profile->site_count + 1) * sizeof *sites);
    uint64_t total = 0, all = 0;
    size_t count = 0;
    char words[WORD_BYTES], more[WORD_BYTES];
    for (uint32_t number = 0; sites && number < profile->site_count; number++) {
        total += profile->sites[number].peak_bytes;
        all += profile->sites[number].bytes;
        if (ages ? profile->sites[number].peak_bytes : profile->sites[number].bytes)
            sites[count++] = &profile->sites[number];
    }
    if (!sites)
        return;
    qsort(sites, count, sizeof *sites, by_bytes);
    printf("%s (%u): %s in use, %s allocated while it was sampled, at %zu call sites; estimates\n\n",
           profile->command, profile->pid, word_bytes(total, words), word_bytes(all, more), count);
    printf("    in use  share %s  call site < its callers\n", ages ? "  oldest youngest" : "  allocated");
    for (size_t at = 0; at < count && at < most; at++)
        say_site(profile, sites[at], total, ages);
    if (count > most)
        printf("... %zu more (--top=%zu)\n", count - most, count);
    free(sites);
}
