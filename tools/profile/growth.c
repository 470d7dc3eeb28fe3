/* growth.c - see growth.h. */
#include "growth.h"

#include "../base/table.h"

/* Of 64 bits: that two stacks of some thousands have the same is less likely than a broken machine. */
static uint64_t stack_hash(const struct profile *profile, const struct profile_site *site) {
    uint64_t hash = 0;
    char words[512];
    for (uint32_t at = 0; at < site->frame_count; at++) {
        const struct symbol *symbol = &profile->frames[site->frames[at]];
        hash = profile_hash(hash, symbol_name(symbol, words, sizeof words));
        hash = profile_hash(hash, symbol->module);
    }
    return hash == KEY_NONE ? 0 : hash;
}

static uint64_t less(uint64_t from, uint64_t what) {
    return from > what ? from - what : 0;
}

/* Several sites may have one stack: names are coarser than addresses. The first gets what all have. */
static bool number_stacks(struct profile *profile, struct table *stacks) {
    for (uint32_t number = 0; number < profile->site_count; number++) {
        struct profile_site *site = &profile->sites[number];
        uint64_t hash = stack_hash(profile, site);
        struct table_entry *known = table_find(stacks, hash);
        if (!known && !table_add(stacks, hash, number))
            return false;
        if (!known)
            continue;
        profile_site_merge(&profile->sites[known->value], site);
    }
    return true;
}

static void take_away(struct profile_site *site, const struct profile_site *before) {
    site->before_bytes += before->peak_bytes;
    site->peak_bytes -= before->peak_bytes; /* may be negative until all are taken */
    site->peak_objects = less(site->peak_objects, before->peak_objects);
    site->objects = less(site->objects, before->objects);
    site->bytes = less(site->bytes, before->bytes);
}

static void shrink(struct profile_site *site, uint64_t bytes, struct growth *growth) {
    site->shrunk_bytes = bytes;
    growth->shrunk += bytes;
    growth->shrunk_sites++;
}

static void settle(struct profile_site *site, struct growth *growth) {
    if ((int64_t)site->peak_bytes < 0) {
        shrink(site, -site->peak_bytes, growth);
        site->peak_bytes = 0;
    }
    site->peak_objects = site->peak_bytes ? site->peak_objects + !site->peak_objects : 0;
    site->end_bytes = site->most_bytes = site->peak_bytes;
    site->end_objects = site->most_objects = site->peak_objects;
}

bool growth_find(struct profile *later, struct profile *earlier, struct growth *growth) {
    struct table stacks = {0}, earlier_stacks = {0};
    bool done = number_stacks(later, &stacks) && number_stacks(earlier, &earlier_stacks);
    *growth = (struct growth){0};
    for (uint32_t number = 0; done && number < later->site_count; number++)
        growth->now += later->sites[number].peak_bytes;
    for (uint32_t number = 0; done && number < earlier->site_count; number++) {
        struct profile_site *before = &earlier->sites[number];
        struct table_entry *known = table_find(&stacks, stack_hash(earlier, before));
        growth->before += before->peak_bytes;
        before->before_bytes = before->peak_bytes;
        if (known)
            take_away(&later->sites[known->value], before);
        else if (before->peak_bytes)
            shrink(before, before->peak_bytes, growth);
    }
    for (uint32_t number = 0; done && number < later->site_count; number++)
        settle(&later->sites[number], growth);
    table_free(&stacks);
    table_free(&earlier_stacks);
    return done;
}
