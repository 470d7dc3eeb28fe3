/*
 * conf.c - see conf.h.
 */
#include "conf.h"

#include "fatal.h"
#include "lock.h"
#include "platform.h"

INTERNAL_DEFINE struct lock conf_lock = LOCK_INIT(RANK_LISTS);
INTERNAL_DEFINE struct conf conf = {.purge = true, .reserve_bytes = RESERVE_BYTES};

/* --- Values ----------------------------------------------------------------------------------- */

static bool same(const char *word, size_t length, const char *name) {
    return strlen(name) == length && memcmp(word, name, length) == 0;
}

static bool parse_flag(const char *value, size_t length, bool *flag) {
    bool on = same(value, length, "on") || same(value, length, "true") || same(value, length, "1");
    bool off = same(value, length, "off") || same(value, length, "false") || same(value, length, "0");
    if (on || off)
        *flag = on;
    return on || off;
}

/* "64M", "1G", "4096": bytes, with an optional K, M, G or T. */
static bool parse_bytes(const char *value, size_t length, size_t *bytes) {
    size_t number = 0, at = 0;
    for (; at < length && value[at] >= '0' && value[at] <= '9'; at++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (size_t)(value[at] - '0'), &number))
            return false;
    static const char units[] = "KMGT";
    unsigned shift = 0;
    if (at + 1 == length) {
        const char *unit = strchr(units, value[at++]);
        shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
        if (!unit)
            return false;
    }
    if (at != length || number == 0 || number > SIZE_MAX >> shift)
        return false;
    *bytes = number << shift;
    return true;
}

/* --- Keys ------------------------------------------------------------------------------------- */

/* One of the names, up to NULL; false: none, and nothing is changed. */
static bool choose(const char *value, size_t length, const char *const *names, unsigned *choice) {
    for (unsigned index = 0; names[index]; index++) {
        if (same(value, length, names[index])) {
            *choice = index;
            return true;
        }
    }
    return false;
}

static bool set_heap(const char *value, size_t length) {
    static const char *const names[] = {"process", "classic", NULL};
    return choose(value, length, names, &conf.heap);
}

static bool set_fit(const char *value, size_t length) {
    const halloc_policy *policy;
    for (size_t index = 0; (policy = halloc_policy_at(index)); index++) {
        if (same(value, length, policy->name)) {
            conf.fit = policy;
            return true;
        }
    }
    return false;
}

static bool set_thp(const char *value, size_t length) {
    static const char *const names[] = {"grown", "system", "never", NULL};
    return choose(value, length, names, &conf.thp);
}

static bool set_misuse(const char *value, size_t length) {
    static const char *const names[] = {"abort", "warn", NULL};
    bool known = choose(value, length, names, &conf.misuse_warns);
    misuse_warns = conf.misuse_warns;
    return known;
}

static bool set_report(const char *value, size_t length) {
    if (length >= sizeof conf.report)
        return false;
    memcpy(conf.report, value, length);
    conf.report[length] = 0;
    return true;
}

static bool set_stats_print(const char *value, size_t length) {
    return parse_flag(value, length, &conf.stats_print);
}
static bool set_purge(const char *value, size_t length) {
    return parse_flag(value, length, &conf.purge);
}
static bool set_reserve(const char *value, size_t length) {
    return parse_bytes(value, length, &conf.reserve_bytes);
}

static const struct key {
    const char *name;
    bool (*set)(const char *value, size_t length);
    const char *help;
} keys[] = {
    {"heap", set_heap, "process|classic: which heap serves malloc (process)"},
    {"fit", set_fit,
     "bump|first|next|best|worst|segregated|buddy|tlsf, or one you bring: which free block to take"},
    {"stats_print", set_stats_print, "on|off: statistics to stderr when the program ends (off)"},
    {"purge", set_purge, "on|off: give memory that stays free back to the system (on)"},
    {"thp", set_thp,
     "grown|system|never: huge pages where the heap is dense, as the system does, or none (grown)"},
    {"reserve", set_reserve, "BYTES, with K, M, G or T: addresses to reserve (1T)"},
    {"misuse", set_misuse, "abort|warn: what a bad pointer or double free does (abort)"},
    {"report", set_report, "FILE: share counters with `halloc run` through this file (none)"},
};

#define KEYS (sizeof keys / sizeof *keys)

static void print_help(void) {
    struct text line = {.length = 0};
    text_add(&line, "HALLOC_CONF=\"key:value,key:value\" takes these keys (defaults in parentheses):");
    text_print(&line);
    for (size_t index = 0; index < KEYS; index++) {
        text_add(&line, "  ");
        text_add(&line, keys[index].name);
        for (size_t pad = strlen(keys[index].name); pad < 12; pad++)
            text_add(&line, " ");
        text_add(&line, keys[index].help);
        text_print(&line);
    }
}

/* One item, `word[0..length)`. NULL when it was understood. */
static const char *set_item(const char *word, size_t length) {
    const char *colon = memchr(word, ':', length);
    size_t name_length = colon ? (size_t)(colon - word) : length;
    for (size_t index = 0; index < KEYS; index++) {
        if (!same(word, name_length, keys[index].name))
            continue;
        if (!colon || !keys[index].set(colon + 1, length - name_length - 1))
            return "bad value, ignored (HALLOC_CONF=help lists the keys)";
        return NULL;
    }
    return "unknown key, ignored (HALLOC_CONF=help lists the keys)";
}

static void warn_item(const char *word, size_t length, const char *why) {
    char item[113] = "HALLOC_CONF: ";
    memcpy(item + 13, word, min_size(length, 99));
    warn(item, why);
}

static void parse(const char *text) {
    if (strcmp(text, "help") == 0) {
        print_help();
        return;
    }
    while (*text) {
        size_t length = strcspn(text, ",");
        const char *why = length ? set_item(text, length) : NULL;
        if (why)
            warn_item(text, length, why);
        text += length;
        text += *text == ',';
    }
}

static void load(void) {
    const char *text = platform_is_privileged() ? NULL : platform_environment("HALLOC_CONF");
    if (text)
        parse(text);
}

INTERNAL void conf_load(void) {
    static bool loaded;
    lock_acquire(&conf_lock);
    if (!loaded)
        load();
    loaded = true;
    lock_release(&conf_lock);
}
