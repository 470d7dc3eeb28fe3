/*
 * profile_pprof.c - a profile as `go tool pprof` reads it: a message of Google's profile.proto.
 *
 *      profile    sample types, samples, locations, functions, strings
 *      sample     the frames of a call site, and four values: objects and bytes of all time, and in use
 *      location   an address: its function and line
 *
 * A message is fields, each a number and a value: a varint, or a length and bytes. The file is not
 * compressed; pprof reads it either way.
 */
#include "profile.h"

#define NUMBER 0 /* wire types */
#define BYTES 2

enum {
    PROFILE_TYPE = 1,
    PROFILE_SAMPLE,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION,
    PROFILE_STRING,
    PROFILE_USUAL = 14
};
enum { TYPE_NAME = 1, TYPE_UNIT };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE };
enum { LOCATION_ID = 1, LOCATION_ADDRESS = 3, LOCATION_LINE };
enum { LINE_FUNCTION = 1, LINE_NUMBER };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILE };

static const char *const words[] = {"",      "alloc_objects", "count",       "alloc_space",
                                    "bytes", "inuse_objects", "inuse_space", "not recorded"};
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
    bytes_number(bytes, field << 3 | NUMBER);
    bytes_number(bytes, number);
}

static void put_string(struct bytes *bytes, unsigned field, const void *data, size_t length) {
    bytes_number(bytes, field << 3 | BYTES);
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
static void put_location(struct bytes *bytes, uint64_t id, uint64_t address, const uint64_t strings[2],
                         int line) {
    struct bytes message = {0}, inner = {0};
    put_number(&inner, LINE_FUNCTION, id);
    put_number(&inner, LINE_NUMBER, line > 0 ? (uint64_t)line : 0);
    put_number(&message, LOCATION_ID, id);
    put_number(&message, LOCATION_ADDRESS, address);
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

static void put_frames(const struct profile *profile, struct bytes *bytes, struct bytes *strings) {
    char name[512];
    for (size_t at = 0; at < profile->frame_count; at++) {
        const struct symbol *symbol = &profile->frames[at];
        const char *function =
            symbol->function[0] ? symbol->function : symbol_print(symbol, name, sizeof name);
        put_string(strings, PROFILE_STRING, function, strlen(function));
        put_string(strings, PROFILE_STRING, symbol->file, strlen(symbol->file));
        put_location(bytes, at + 2, symbol->address, (const uint64_t[]){WORDS + 2 * at, WORDS + 2 * at + 1},
                     symbol->line);
    }
}

void profile_pprof(const struct profile *profile, struct bytes *bytes) {
    struct bytes strings = {0}, sample = {0};
    put_type(bytes, ALLOC_OBJECTS, COUNT);
    put_type(bytes, ALLOC_SPACE, IN_BYTES);
    put_type(bytes, INUSE_OBJECTS, COUNT);
    put_type(bytes, INUSE_SPACE, IN_BYTES);
    for (uint32_t number = 0; number < profile->site_count; number++)
        if (profile->sites[number].objects)
            put_sample(bytes, &profile->sites[number], &sample);
    for (unsigned word = 0; word < WORDS; word++)
        put_string(&strings, PROFILE_STRING, words[word], strlen(words[word]));
    put_location(bytes, 1, 0, (const uint64_t[]){NOT_RECORDED, NO_WORD}, 0);
    put_frames(profile, bytes, &strings);
    bytes_put(bytes, strings.data, strings.count);
    put_number(bytes, PROFILE_USUAL, INUSE_SPACE);
    bytes->failed |= strings.failed || sample.failed;
    bytes_free(&strings);
    bytes_free(&sample);
}
