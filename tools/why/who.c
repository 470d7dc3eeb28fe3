/* who.c - see who.h. */
#include "who.h"

#include "../base/json.h"
#include "../base/words.h"
#include "../profile/sampled.h"
#include "../profile/say_profile.h"

#define SITES_SHOWN 3
#define SHARE_LEAST 0.05

const char *who_pins(pid_t pid, bool paused, const struct view *view, struct who *who) {
    const char *why = samples_take(pid, paused, &who->samples);
    who->sampled = who->samples.mean_bytes || who->samples.object_count;
    if (!why)
        why = pins_find(pid, view, &who->samples, &who->pins);
    if (!why && who->sampled && who->pins.count)
        why = sampled_profile(pid, &who->samples, 0, UINT64_MAX, &who->profile);
    return why;
}

void who_free(struct who *who) {
    profile_free(&who->profile);
    samples_free(&who->samples);
}

static void print_class(const struct who *who, const struct pins_class *class) {
    char bytes[WORD_BYTES], words[SAY_STACK_BYTES];
    if (!class->samples)
        printf("  %6u %10s         (no sample of this size is in use)\n", class->slot_bytes,
               word_bytes(class->pinned_bytes, bytes));
    for (size_t at = 0; at < class->site_count && at < SITES_SHOWN; at++) {
        double share = class->sites[at].share;
        if (at && share < SHARE_LEAST)
            return;
        printf("  %6u %10s  %3.0f %% %s\n", class->slot_bytes,
               word_bytes((uint64_t)(share * (double)class->pinned_bytes), bytes), 100 * share,
               say_stack(&who->profile, &who->profile.sites[class->sites[at].site], words));
    }
}

void who_print(const struct who *who) {
    if (!who->pins.count)
        return;
    if (!who->sampled) {
        puts(
            "\nWho pins? Start the program with HALLOC_CONF=sample:512K, and its call sites are named here.");
        return;
    }
    puts("\nwho pins: whose objects keep free slots from going, by slot size; estimated from samples\n"
         "    slot     pinned  share  call site < its callers");
    for (size_t index = 0; index < who->pins.count; index++)
        print_class(who, &who->pins.classes[index]);
}

static void print_site_json(const struct who *who, uint32_t number, double share) {
    const struct profile_site *site = &who->profile.sites[number];
    char words[600];
    printf("{\"share\": %.4f, \"frames\": [", share);
    for (uint32_t at = 0; at < site->frame_count; at++) {
        printf("%s", at ? ", " : "");
        json_print(stdout, symbol_print(&who->profile.frames[site->frames[at]], words, sizeof words));
    }
    printf("]}");
}

void who_print_json(const struct who *who) {
    printf("\"sampled\": %s, \"pins\": [", who->sampled ? "true" : "false");
    for (size_t index = 0; index < who->pins.count; index++) {
        const struct pins_class *class = &who->pins.classes[index];
        printf("%s{\"slot\": %u, \"pinned_bytes\": %llu, \"seen\": %zu, \"samples\": %zu, \"sites\": [",
               index ? ",\n  " : "", class->slot_bytes, (unsigned long long)class->pinned_bytes, class->seen,
               class->samples);
        for (size_t at = 0; who->sampled && at < class->site_count; at++) {
            printf("%s", at ? ", " : "");
            print_site_json(who, class->sites[at].site, class->sites[at].share);
        }
        printf("]}");
    }
    printf("]");
}
