/*
 * profile_text.c - a profile as text: as valgrind's DHAT writes it, for its viewer (dh_view.html); for
 * speedscope, https://www.speedscope.app/file-format-schema.json; and as folded stacks, for flame graphs:
 * "main;work;keep 80000", the bytes live at the peak.
 */
#include "profile.h"

#include "../base/json.h"

#include <inttypes.h>

static void put_quoted(struct bytes *bytes, const char *words) {
    bytes_byte(bytes, '"');
    for (char letter[JSON_LETTER_BYTES]; *words;) {
        words += json_letter(words, letter);
        bytes_print(bytes, "%s", letter);
    }
    bytes_byte(bytes, '"');
}

/* --- DHAT ---------------------------------------------------------------------------------------------- */

/* A program point: total, lifetime, at the most, at the peak of the program, at the end. */
static void put_point(struct bytes *bytes, const struct profile_site *site) {
    bytes_print(bytes, "{\"tb\":%" PRIu64 ",\"tbk\":%" PRIu64 ",\"tl\":%" PRIu64, site->bytes, site->objects,
                site->lifetime_us);
    bytes_print(bytes, ",\"mb\":%" PRIu64 ",\"mbk\":%" PRIu64, site->most_bytes, site->most_objects);
    bytes_print(bytes, ",\"gb\":%" PRIu64 ",\"gbk\":%" PRIu64, site->peak_bytes, site->peak_objects);
    bytes_print(bytes, ",\"eb\":%" PRIu64 ",\"ebk\":%" PRIu64 ",\"fs\":[", site->end_bytes,
                site->end_objects);
    for (uint32_t at = 0; at < site->frame_count; at++)
        bytes_print(bytes, "%s%u", at ? "," : "", site->frames[at] + 2);
    bytes_print(bytes, "%s]}", site->frame_count ? "" : "1");
}

void profile_dhat(const struct profile *profile, struct bytes *bytes) {
    char words[512];
    bytes_print(bytes, "{\"dhatFileVersion\":2,\"mode\":\"heap\",\"verb\":\"Allocated\",\"bklt\":true,"
                       "\"bkacc\":false,\"tu\":\"us\",\"Mtu\":\"s\",\"tuth\":500,\n\"cmd\":");
    put_quoted(bytes, profile->command);
    bytes_print(bytes, ",\"pid\":%u,\"tg\":%" PRIu64 ",\"te\":%" PRIu64 ",\n\"pps\":[", profile->pid,
                profile->peak_us, profile->end_us);
    bool first = true;
    for (uint32_t number = 0; number < profile->site_count; number++) {
        if (!profile->sites[number].objects)
            continue;
        bytes_print(bytes, first ? "\n" : ",\n");
        put_point(bytes, &profile->sites[number]);
        first = false;
    }
    bytes_print(bytes, "],\n\"ftbl\":[\"[root]\",\"call site not recorded\"");
    for (size_t at = 0; at < profile->frame_count; at++) {
        const struct symbol *symbol = &profile->frames[at];
        bytes_print(bytes, ",\n");
        char line[600];
        snprintf(line, sizeof line, "0x%" PRIX64 ": %s", symbol->address,
                 symbol_print(symbol, words, sizeof words));
        put_quoted(bytes, line);
    }
    bytes_print(bytes, "]}\n");
}

/* --- Speedscope ---------------------------------------------------------------------------------------- */

static uint64_t in_use(const struct profile_site *site) {
    return site->peak_bytes;
}

static uint64_t allocated(const struct profile_site *site) {
    return site->bytes;
}

/* A profile of the kind "sampled": stacks, the outermost function first, and as many weights. */
static void put_weights(const struct profile *profile, struct bytes *bytes, const char *name,
                        uint64_t (*weight)(const struct profile_site *site)) {
    uint64_t total = 0;
    bool first = true;
    bytes_print(bytes, "\n{\"type\":\"sampled\",\"name\":\"%s\",\"unit\":\"bytes\",\"samples\":[", name);
    for (uint32_t number = 0; number < profile->site_count; number++) {
        const struct profile_site *site = &profile->sites[number];
        if (!weight(site))
            continue;
        total += weight(site);
        bytes_print(bytes, "%s[", first ? "" : ",");
        for (uint32_t at = site->frame_count; at-- > 0;)
            bytes_print(bytes, "%u%s", site->frames[at], at ? "," : "");
        if (!site->frame_count)
            bytes_print(bytes, "%zu", profile->frame_count); /* the frame behind all others */
        bytes_print(bytes, "]");
        first = false;
    }
    bytes_print(bytes, "],\n\"weights\":[");
    first = true;
    for (uint32_t number = 0; number < profile->site_count; number++) {
        if (weight(&profile->sites[number]))
            bytes_print(bytes, "%s%" PRIu64, first ? "" : ",", weight(&profile->sites[number]));
        first = first && !weight(&profile->sites[number]);
    }
    bytes_print(bytes, "],\"startValue\":0,\"endValue\":%" PRIu64 "}", total);
}

void profile_speedscope(const struct profile *profile, struct bytes *bytes) {
    char words[512];
    bytes_print(bytes,
                "{\"exporter\":\"halloc\",\"$schema\":\"https://www.speedscope.app/file-format-schema.json\","
                "\n\"version\":\"0.0.1\",\"name\":");
    put_quoted(bytes, profile->command);
    bytes_print(bytes, ",\"activeProfileIndex\":0,\"shared\":{\"frames\":[");
    for (size_t at = 0; at < profile->frame_count; at++) {
        const struct symbol *symbol = &profile->frames[at];
        bytes_print(bytes, "\n{\"name\":");
        put_quoted(bytes, symbol_name(symbol, words, sizeof words));
        if (symbol->file[0]) {
            bytes_print(bytes, ",\"file\":");
            put_quoted(bytes, symbol->file);
            bytes_print(bytes, ",\"line\":%d", symbol->line);
        }
        bytes_print(bytes, "},");
    }
    bytes_print(bytes, "\n{\"name\":\"not recorded\"}]},\n\"profiles\":[");
    put_weights(profile, bytes, "in use", in_use);
    bytes_print(bytes, ",");
    put_weights(profile, bytes, "allocated", allocated);
    bytes_print(bytes, "]}\n");
}

/* --- Folded stacks ------------------------------------------------------------------------------------- */

/* What is in use; if nothing is, what was allocated. */
void profile_folded(const struct profile *profile, struct bytes *bytes) {
    char words[512];
    uint64_t (*weight)(const struct profile_site *site) = profile_in_use(profile) ? in_use : allocated;
    for (uint32_t number = 0; number < profile->site_count; number++) {
        const struct profile_site *site = &profile->sites[number];
        if (!weight(site))
            continue;
        for (uint32_t at = site->frame_count; at-- > 0;) {
            const struct symbol *symbol = &profile->frames[site->frames[at]];
            for (const char *letter = symbol_name(symbol, words, sizeof words); *letter; letter++)
                bytes_byte(bytes, *letter == ';' ? ':' : (uint8_t)*letter);
            bytes_print(bytes, "%s", at ? ";" : "");
        }
        bytes_print(bytes, "%s %" PRIu64 "\n", site->frame_count ? "" : "not recorded", weight(site));
    }
}
