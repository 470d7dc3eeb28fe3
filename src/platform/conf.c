/* conf.c - see conf.h. */
#include "conf.h"

#include "fatal.h"
#include "lock.h"

INTERNAL_DEFINE struct conf conf = {.purge = true, .live = true, .reserve_bytes = RESERVE_BYTES};

struct key {
    char name[16]; /* not a pointer: the dynamic linker relocates each before the program starts */
    bool (*set)(const struct key *key, const char *value); /* false: a bad value */
    void *to;
    const char *help; /* of a choice, it begins with all values: "one|other: ..." */
};

/* --- Values: a bad one changes nothing -------------------------------------------------------- */

/* The place of the value in "one|other:". */
static bool set_choice(const struct key *key, const char *value) {
    const char *words = key->help;
    for (unsigned index = 0;; index++) {
        size_t length = strcspn(words, "|:");
        if (strncmp(value, words, length) == 0 && !value[length]) {
            *(unsigned *)key->to = index;
            return true;
        }
        if (words[length] == ':')
            return false;
        words += length + 1;
    }
}

/* "64M", "1G", "4096": bytes, with an optional K, M, G or T. */
static bool set_bytes(const struct key *key, const char *value) {
    size_t number = 0;
    for (; *value >= '0' && *value <= '9'; value++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (size_t)(*value - '0'), &number))
            return false;
    static const char units[] = "KMGT";
    const char *unit = *value ? strchr(units, *value) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (value[unit != NULL] || number == 0 || number > SIZE_MAX >> shift)
        return false;
    *(size_t *)key->to = number << shift;
    return true;
}

/* limit:cgroup begins with a mark of 1 MiB, so nobody reads the cgroup before libc is ready. A huge page
 * makes resident what does not count. So there are none, unless a later key asks for them. */
static bool set_limit(const struct key *key, const char *value) {
    bool cgroups = strcmp(value, "cgroup") == 0;
    if (!set_bytes(key, cgroups ? "1M" : value))
        return false;
    conf.limit_is_cgroups = cgroups;
    conf.thp = CONF_THP_NEVER;
    return true;
}

static bool set_fit(const struct key *key, const char *value) {
    const halloc_policy *policy = halloc_policy_find(value);
    if (policy)
        *(const halloc_policy **)key->to = policy;
    return policy;
}

/* --- Keys ------------------------------------------------------------------------------------- */

static const struct key keys[] = {
    {"heap", set_choice, &conf.heap, "process|classic: which heap serves malloc (process)"},
    {"fit", set_fit, &conf.fit,
     "bump|first|next|best|worst|segregated|buddy|tlsf, or one you bring: which free block to take"},
    {"stats_print", set_choice, &conf.stats_print,
     "off|on: statistics to stderr when the program ends (off)"},
    {"purge", set_choice, &conf.purge, "off|on: give memory that stays free back to the system (on)"},
    {"purge_thread", set_choice, &conf.purge_thread, "off|on: also while the program sleeps (off)"},
    {"harden", set_choice, &conf.harden, "off|on: check all that costs time, against attackers (off)"},
    {"thp", set_choice, &conf.thp,
     "grown|system|never|all: huge pages where the heap is dense, as the system does, none, or all (grown)"},
    {"reserve", set_bytes, &conf.reserve_bytes, "BYTES, with K, M, G or T: addresses to reserve (1T)"},
    {"limit", set_limit, &conf.limit_bytes, "BYTES, or cgroup: memory that the heap may hold (any)"},
    {"sample", set_bytes, &conf.sample_always,
     "BYTES: one object in so many is sampled, for `halloc profile` (none)"},
    {"guard", set_bytes, &conf.guard_bytes, "BYTES: one object in so many is guarded, and sampled (none)"},
    {"live", set_choice, &conf.live,
     "off|on: `halloc why`, profile and their kin may look at the process (on)"},
    {"misuse", set_choice, &misuse_warns, "abort|warn: what a bad pointer or double free does (abort)"},
};

#define KEYS (sizeof keys / sizeof *keys)

static void print_help(void) {
    print_line("HALLOC_CONF=\"key:value,key:value\" takes these keys (defaults in parentheses):");
    for (size_t index = 0; index < KEYS; index++)
        print_line("  %-13s%s", keys[index].name, keys[index].help);
}

/* "key:value"; the colon is overwritten. NULL when it was understood. */
static const char *set_item(char *item) {
    char *value = strchr(item, ':');
    if (value)
        *value++ = 0;
    for (const struct key *key = keys; key < keys + KEYS; key++)
        if (strcmp(item, key->name) == 0)
            return value && key->set(key, value) ? NULL : "bad value";
    return "unknown key";
}

/* `source` is where the text comes from: the program or the environment. */
static void parse(const char *source, const char *text) {
    if (text && strcmp(text, "help") == 0)
        return print_help();
    while (text && *text) {
        size_t length = strcspn(text, ",");
        char item[100] = "";
        memcpy(item, text, min_size(length, sizeof item - 1));
        const char *why = length >= sizeof item ? "too long" : length ? set_item(item) : NULL;
        if (why)
            print_line("halloc: %s: %.*s: %s, ignored (HALLOC_CONF=help lists the keys)", source,
                       (int)min_size(length, sizeof item - 1), text, why);
        text += length;
        text += *text == ',';
    }
}

INTERNAL void conf_load(void) {
    static bool loaded;
    lock_acquire(&lists_lock);
    if (!loaded && &halloc_conf)
        parse("halloc_conf", halloc_conf);
    if (!loaded) /* later, so the environment wins */
        parse("HALLOC_CONF", platform_environment("HALLOC_CONF"));
    if (conf.guard_bytes && (!conf.sample_always || conf.sample_always > conf.guard_bytes))
        conf.sample_always = conf.guard_bytes; /* every sampled object is guarded */
    bool is_classic = conf.heap == CONF_HEAP_CLASSIC, samples = conf.sample_always;
    if (!loaded && (is_classic ? conf.harden || samples : conf.harden && samples))
        print_line("halloc: heap:classic ignores harden, sample and guard; harden:on sample and guard");
    loaded = true;
    lock_release(&lists_lock);
}
