/* say.c - sentences and numbers: see explain.h. */
#include "explain.h"

#include "../map/map.h"
#include "../base/json.h"
#include "../base/progress.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

void say(struct explanation *why, const char *format, ...) {
    va_list arguments;
    char room[1024];
    va_start(arguments, format);
    vsnprintf(room, sizeof room, format, arguments);
    va_end(arguments);
    bytes_put(&why->text, room, strlen(room));
}

void say_stop(struct explanation *why) {
    uint8_t *last = why->text.count ? &why->text.data[why->text.count - 1] : NULL;
    if (last && *last == ' ')
        *last = '\n';
}

static void key(struct explanation *why, const char *key) {
    bytes_print(&why->json, "%s\n  \"%s\": ", why->json.count ? "," : "", key);
}

void tell_number(struct explanation *why, const char *name, uint64_t number) {
    key(why, name);
    bytes_print(&why->json, "%" PRIu64, number);
}

void tell_truth(struct explanation *why, const char *name, bool truth) {
    key(why, name);
    bytes_print(&why->json, "%s", truth ? "true" : "false");
}

void tell_words(struct explanation *why, const char *name, const char *words) {
    key(why, name);
    bytes_byte(&why->json, '"');
    for (char letter[JSON_LETTER_BYTES]; *words;) {
        words += json_letter(words, letter);
        bytes_print(&why->json, "%s", letter);
    }
    bytes_byte(&why->json, '"');
}

#define SAID_AFTER_SECONDS 5

void explain_progress(const char *what, uint64_t done, uint64_t all) {
    static time_t since;
    static const char *said;
    time_t now = time(NULL);
    since = since ? since : now;
    if (said != what && now - since >= SAID_AFTER_SECONDS && !isatty(STDERR_FILENO)) {
        fprintf(stderr, "halloc explain: still at work: %s, at %.0f %%\n", what,
                all ? 100.0 * (double)done / (double)all : 0);
        said = what;
    }
    progress_show(what, done, all);
}

const char *exact_bytes(uint64_t bytes, char room[WORD_BYTES]) {
    if (bytes >= 100000)
        return word_bytes(bytes, room);
    word_count(bytes, room);
    return strcat(room, " B");
}

const char *heap_words(const struct explanation *why, char room[WORD_BYTES]) {
    if (explains_process(why))
        return "the process heap";
    snprintf(room, WORD_BYTES, "%s fit", why->fit);
    return room;
}

const char *limit_words(const struct explanation *why, char room[3 * WORD_BYTES]) {
    char limit[WORD_BYTES], asked[WORD_BYTES];
    exact_bytes(why->limit_bytes, limit);
    exact_bytes(why->limit_asked, asked);
    if (why->limit_asked == why->limit_bytes)
        return strcpy(room, limit);
    snprintf(room, 3 * WORD_BYTES, "%s (%s, in whole pages)", limit, asked);
    return room;
}

unsigned size_range(uint64_t size) {
    return size ? 63 - (unsigned)__builtin_clzll(size) : 0;
}

const char *size_words(uint64_t low, uint64_t high, char room[3 * WORD_BYTES]) {
    char first[WORD_BYTES], last[WORD_BYTES];
    if (low == high)
        return exact_bytes(low, room);
    uint64_t from = low ? UINT64_C(1) << size_range(low) : 0, to = (UINT64_C(2) << size_range(high)) - 1;
    bool exact = to < 100000;
    snprintf(room, 3 * WORD_BYTES, "%s to %s", exact ? word_count(from, first) : word_bytes(from, first),
             exact ? exact_bytes(to, last) : word_bytes(to, last));
    return room;
}

const char *from_site(const struct explanation *why, uint32_t site, char *room, size_t bytes) {
    char words[512];
    snprintf(room, bytes, "%s%s", site == SITE_NONE ? "" : " from ",
             site == SITE_NONE ? "" : map_site_words(why->trace, site, words, sizeof words));
    return room;
}
