/* conf.c - see conf.h. */
#include "conf.h"

#include "fatal.h"
#include "lock.h"

INTERNAL_DEFINE struct lock conf_lock = LOCK_INIT(RANK_LISTS);
INTERNAL_DEFINE struct conf conf = {.purge = true, .reserve_bytes = RESERVE_BYTES};

struct key {
    char name[12]; /* not a pointer: the dynamic linker relocates each before the program starts */
    bool (*set)(const struct key *key, const char *value, size_t length); /* false: a bad value */
    void *to;
    const char *help; /* of a choice, it begins with all values: "one|other: ..." */
};

/* --- Values: a bad one changes nothing -------------------------------------------------------- */

static bool same(const char *word, size_t length, const char *name, size_t name_length) {
    return length == name_length && memcmp(word, name, length) == 0;
}

/* The place of the value in "one|other:". */
static bool choose(const char *value, size_t length, const char *words, unsigned *choice) {
    for (unsigned index = 0;; index++) {
        size_t word_length = strcspn(words, "|:");
        if (same(value, length, words, word_length)) {
            *choice = index;
            return true;
        }
        if (words[word_length] == ':')
            return false;
        words += word_length + 1;
    }
}

static bool set_choice(const struct key *key, const char *value, size_t length) {
    return choose(value, length, key->help, key->to);
}

static bool set_flag(const struct key *key, const char *value, size_t length) {
    unsigned choice;
    bool known = choose(value, length, "off|on|false|true|0|1:", &choice);
    if (known)
        *(bool *)key->to = choice % 2;
    return known;
}

/* "64M", "1G", "4096": bytes, with an optional K, M, G or T. */
static bool set_bytes(const struct key *key, const char *value, size_t length) {
    size_t number = 0, at = 0;
    for (; at < length && value[at] >= '0' && value[at] <= '9'; at++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (size_t)(value[at] - '0'), &number))
            return false;
    static const char units[] = "KMGT";
    const char *unit = at + 1 == length ? strchr(units, value[at]) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    at += unit ? 1 : 0;
    if (at != length || number == 0 || number > SIZE_MAX >> shift)
        return false;
    *(size_t *)key->to = number << shift;
    return true;
}

static bool set_fit(const struct key *key, const char *value, size_t length) {
    const halloc_policy *policy;
    for (size_t index = 0; (policy = halloc_policy_at(index)); index++) {
        if (same(value, length, policy->name, strlen(policy->name))) {
            *(const halloc_policy **)key->to = policy;
            return true;
        }
    }
    return false;
}

static bool set_path(const struct key *key, const char *value, size_t length) {
    if (length >= sizeof conf.report)
        return false;
    memcpy(key->to, value, length);
    ((char *)key->to)[length] = 0;
    return true;
}

/* --- Keys ------------------------------------------------------------------------------------- */

static const struct key keys[] = {
    {"heap", set_choice, &conf.heap, "process|classic: which heap serves malloc (process)"},
    {"fit", set_fit, &conf.fit,
     "bump|first|next|best|worst|segregated|buddy|tlsf, or one you bring: which free block to take"},
    {"stats_print", set_flag, &conf.stats_print, "on|off: statistics to stderr when the program ends (off)"},
    {"purge", set_flag, &conf.purge, "on|off: give memory that stays free back to the system (on)"},
    {"harden", set_flag, &conf.harden, "on|off: check all that costs time, against attackers (off)"},
    {"thp", set_choice, &conf.thp,
     "grown|system|never: huge pages where the heap is dense, as the system does, or none (grown)"},
    {"reserve", set_bytes, &conf.reserve_bytes, "BYTES, with K, M, G or T: addresses to reserve (1T)"},
    {"misuse", set_choice, &misuse_warns, "abort|warn: what a bad pointer or double free does (abort)"},
    {"report", set_path, conf.report, "FILE: share counters with `halloc run` through this file (none)"},
};

#define KEYS (sizeof keys / sizeof *keys)

static void print_help(void) {
    struct text line = {.length = 0};
    text_add(&line, "HALLOC_CONF=\"key:value,key:value\" takes these keys (defaults in parentheses):");
    text_print(&line);
    for (size_t index = 0; index < KEYS; index++) {
        text_add(&line, "  ", keys[index].name);
        text_pad(&line, 14);
        text_add(&line, keys[index].help);
        text_print(&line);
    }
}

/* One item, `word[0..length)`. NULL when it was understood. */
static const char *set_item(const char *word, size_t length) {
    const char *colon = memchr(word, ':', length);
    size_t name_length = colon ? (size_t)(colon - word) : length;
    for (const struct key *key = keys; key < keys + KEYS; key++) {
        if (!same(word, name_length, key->name, strlen(key->name)))
            continue;
        if (!colon || !key->set(key, colon + 1, length - name_length - 1))
            return "bad value, ignored (HALLOC_CONF=help lists the keys)";
        return NULL;
    }
    return "unknown key, ignored (HALLOC_CONF=help lists the keys)";
}

/* `source`, 11 letters, is where the text comes from: the program or the environment. */
static void warn_item(const char *source, const char *word, size_t length, const char *why) {
    char item[113] = "";
    memcpy(item, source, 11);
    memcpy(item + 11, ": ", 2);
    memcpy(item + 13, word, min_size(length, 99));
    warn(item, why);
}

static void parse(const char *source, const char *text) {
    if (text && strcmp(text, "help") == 0)
        return print_help();
    while (text && *text) {
        size_t length = strcspn(text, ",");
        const char *why = length ? set_item(text, length) : NULL;
        if (why)
            warn_item(source, text, length, why);
        text += length;
        text += *text == ',';
    }
}

INTERNAL void conf_load(void) {
    static bool loaded;
    lock_acquire(&conf_lock);
    if (!loaded && &halloc_conf)
        parse("halloc_conf", halloc_conf);
    if (!loaded && !platform_is_privileged()) /* later, so the environment wins */
        parse("HALLOC_CONF", platform_environment("HALLOC_CONF"));
    loaded = true;
    lock_release(&conf_lock);
}
