/*
 * profile_pprof.c - a profile as `go tool pprof` reads it: a message of Google's profile.proto.
 *
 *      profile    sample types, samples, mappings, locations, functions, strings
 *      sample     the frames of a call site, and four values: objects and bytes of all time, and in use
 *      location   an address: its function and line, and its module, a "mapping"
 *
 * A message is fields, each a number and a value: a varint, or a length and bytes. The file is not
 * compressed; pprof reads it either way.
 */
#include "profile.h"

#include "pprof_fields.h"

#define MODULES_MOST 1024 /* more have no mapping */

static const char *const words[] = {"",      "alloc_objects", "count",       "alloc_space",
                                    "bytes", "inuse_objects", "inuse_space", PPROF_NOT_RECORDED};
enum {
    NO_WORD,
    ALLOC_OBJECTS,
    COUNT,
    ALLOC_SPACE,
    IN_BYTES,
    INUSE_OBJECTS,
    INUSE_SPACE,
    NOT_RECORDED,
    WORDS
};

static void put_number(struct bytes *bytes, unsigned field, uint64_t number) {
    bytes_number(bytes, field << 3 | PPROF_NUMBER);
    bytes_number(bytes, number);
}

static void put_string(struct bytes *bytes, unsigned field, const void *data, size_t length) {
    bytes_number(bytes, field << 3 | PPROF_BYTES);
    bytes_number(bytes, length);
    bytes_put(bytes, data, length);
}

/* Puts the message into another, and empties it. */
static void put_message(struct bytes *bytes, unsigned field, struct bytes *message) {
    put_string(bytes, field, message->data, message->count);
    bytes->failed |= message->failed;
    message->count = 0;
}

static void put_type(struct bytes *bytes, uint64_t name, uint64_t unit) {
    struct bytes type = {0};
    put_number(&type, TYPE_NAME, name);
    put_number(&type, TYPE_UNIT, unit);
    put_message(bytes, PROFILE_TYPE, &type);
    bytes_free(&type);
}

/* Location 1 stands for call sites that were not recorded. */
static void put_sample(struct bytes *bytes, const struct profile_site *site, struct bytes *sample) {
    const uint64_t values[] = {site->objects, site->bytes, site->peak_objects, site->peak_bytes};
    for (uint32_t at = 0; at < site->frame_count; at++)
        put_number(sample, SAMPLE_LOCATION, site->frames[at] + 2);
    if (!site->frame_count)
        put_number(sample, SAMPLE_LOCATION, 1);
    for (unsigned value = 0; value < sizeof values / sizeof *values; value++)
        put_number(sample, SAMPLE_VALUE, values[value]);
    put_message(bytes, PROFILE_SAMPLE, sample);
}

/* A location with a function of the same number, whose name and file are the given strings. */
static void put_location(struct bytes *bytes, uint64_t id, const struct symbol *symbol, uint64_t mapping,
                         const uint64_t strings[2]) {
    struct bytes message = {0}, inner = {0};
    put_number(&inner, LINE_FUNCTION, id);
    put_number(&inner, LINE_NUMBER, symbol->line > 0 ? (uint64_t)symbol->line : 0);
    put_number(&message, LOCATION_ID, id);
    if (mapping)
        put_number(&message, LOCATION_MAPPING, mapping);
    put_number(&message, LOCATION_ADDRESS, symbol->address);
    put_message(&message, LOCATION_LINE, &inner);
    put_message(bytes, PROFILE_LOCATION, &message);
    put_number(&message, FUNCTION_ID, id);
    put_number(&message, FUNCTION_NAME, strings[0]);
    put_number(&message, FUNCTION_SYSTEM_NAME, strings[0]);
    put_number(&message, FUNCTION_FILE, strings[1]);
    put_message(bytes, PROFILE_FUNCTION, &message);
    bytes_free(&message);
    bytes_free(&inner);
}

static void put_mapping(struct bytes *bytes, uint64_t id, uint64_t name) {
    struct bytes message = {0};
    put_number(&message, MAPPING_ID, id);
    put_number(&message, MAPPING_FILE, name);
    put_number(&message, MAPPING_HAS_FUNCTIONS, 1);
    put_message(bytes, PROFILE_MAPPING, &message);
    bytes_free(&message);
}

struct strings {
    struct bytes bytes;
    uint64_t count;
};

static uint64_t put_word(struct strings *strings, const char *word) {
    put_string(&strings->bytes, PROFILE_STRING, word, strlen(word));
    return strings->count++;
}

/* Modules are few: one is looked for from the first on. */
static uint64_t number_mapping(struct bytes *bytes, struct strings *strings, const char **modules,
                               size_t *module_count, const char *module) {
    size_t at = 0;
    while (at < *module_count && strcmp(modules[at], module) != 0)
        at++;
    if (at == *module_count && at < MODULES_MOST) {
        modules[(*module_count)++] = module;
        put_mapping(bytes, at + 1, put_word(strings, module));
    }
    return at < MODULES_MOST ? at + 1 : 0;
}

static void put_frames(const struct profile *profile, struct bytes *bytes, struct strings *strings) {
    const char *modules[MODULES_MOST];
    size_t module_count = 0;
    char name[512];
    if (profile->program) /* pprof takes the first mapping for it */
        number_mapping(bytes, strings, modules, &module_count, profile->program);
    for (size_t at = 0; at < profile->frame_count; at++) {
        const struct symbol *symbol = &profile->frames[at];
        const char *function = symbol_name(symbol, name, sizeof name);
        uint64_t words_of[2] = {put_word(strings, function), put_word(strings, symbol->file)};
        uint64_t mapping = number_mapping(bytes, strings, modules, &module_count, symbol->module);
        put_location(bytes, at + 2, symbol, mapping, words_of);
    }
}

void profile_pprof(const struct profile *profile, struct bytes *bytes) {
    const struct symbol unknown = {.module = "?"};
    struct strings strings = {0};
    struct bytes sample = {0};
    put_type(bytes, ALLOC_OBJECTS, COUNT);
    put_type(bytes, ALLOC_SPACE, IN_BYTES);
    put_type(bytes, INUSE_OBJECTS, COUNT);
    put_type(bytes, INUSE_SPACE, IN_BYTES);
    for (uint32_t number = 0; number < profile->site_count; number++)
        if (profile->sites[number].objects || profile->sites[number].peak_objects)
            put_sample(bytes, &profile->sites[number], &sample);
    for (unsigned word = 0; word < WORDS; word++)
        put_word(&strings, words[word]);
    put_location(bytes, 1, &unknown, 0, (const uint64_t[]){NOT_RECORDED, NO_WORD});
    put_frames(profile, bytes, &strings);
    bytes_put(bytes, strings.bytes.data, strings.bytes.count);
    put_number(bytes, PROFILE_USUAL, INUSE_SPACE);
    bytes->failed |= strings.bytes.failed || sample.failed;
    bytes_free(&strings.bytes);
    bytes_free(&sample);
}
