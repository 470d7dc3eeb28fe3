/*
 * read_pprof.c - the way back from profile_pprof.c: a message of Google's profile.proto becomes a profile.
 *
 *      strings     first, because all others name them by number
 *      functions, mappings        by their numbers
 *      locations   each has one frame, or several: functions that were inlined at its address
 *      samples     a site each, with the frames of its locations
 *
 * So the file is gone through once for each of these. Any numbers may be wrong: nothing is used before it was
 * found in its table.
 */
#include "read_pprof.h"
#include "pprof_fields.h"

#include "../base/plain.h"
#include "../base/table.h"

#include <errno.h>
#include <sys/stat.h>

#ifdef HALLOC_ZLIB
#include <zlib.h>
#else /* what is compressed is no profile then */
#define gzFile FILE *
#define gzopen fopen
#define gzread(file, to, bytes) ((int)fread(to, 1, bytes, file))
#define gzclose fclose
#endif

#define FILE_BYTES_MOST ((size_t)1 << 30)
#define VALUES_MOST 16

struct message {
    const uint8_t *at, *end;
};

struct field {
    unsigned number;
    uint64_t value;       /* of a number */
    struct message inner; /* of bytes */
};

struct range {
    uint64_t first, count;
};

struct reading {
    struct profile *profile;
    struct bytes text; /* the strings, each with a zero behind it */
    uint64_t *strings; /* where they begin there */
    size_t string_count, string_room;
    struct table functions, mappings, locations; /* by number: strings; a string; frames */
    uint64_t *function_strings;                  /* name and file, for each function */
    size_t function_count, function_room, site_room;
    struct range *ranges; /* of frames, for each location */
    size_t range_count, range_room;
    unsigned values, alloc_objects, alloc_space, inuse_objects, inuse_space; /* one more than their places */
    bool bad, negative, no_memory;
};

/* --- Fields -------------------------------------------------------------------------------------------- */

static bool next_field(struct reading *reading, struct message *message, struct field *field) {
    int bad = 0;
    if (reading->bad || reading->no_memory || message->at == message->end)
        return false;
    uint64_t key = varint_get(&message->at, message->end, &bad), length = 0;
    *field = (struct field){.number = (unsigned)(key >> 3)};
    if ((key & 7) == PPROF_NUMBER)
        field->value = varint_get(&message->at, message->end, &bad);
    else if ((key & 7) == PPROF_BYTES)
        length = varint_get(&message->at, message->end, &bad);
    else
        bad |= (key & 7) != PPROF_EIGHT && (key & 7) != PPROF_FOUR;
    if ((key & 7) == PPROF_EIGHT || (key & 7) == PPROF_FOUR)
        length = (key & 7) == PPROF_EIGHT ? 8 : 4;
    if (bad || length > (uint64_t)(message->end - message->at) || !field->number) {
        reading->bad = true;
        return false;
    }
    field->inner = (struct message){message->at, message->at + length};
    message->at += length;
    return true;
}

/* The next of a list of numbers: each a field of its own, or all in one. */
static bool next_of_list(struct reading *reading, struct field *field, uint64_t *number) {
    int bad = 0;
    if (!field->inner.at || field->inner.at == field->inner.end)
        return false;
    *number = varint_get(&field->inner.at, field->inner.end, &bad);
    reading->bad |= bad;
    return !bad;
}

/* Room for one more of an array. */
static void *room_for(struct reading *reading, void *array, size_t count, size_t *room, size_t bytes) {
    if (count < *room)
        return array;
    *room = 2 * *room + 256;
    void *more = realloc(array, *room * bytes);
    reading->no_memory |= !more;
    return more;
}

static const char *string_of(const struct reading *reading, uint64_t number) {
    return number < reading->string_count ? (const char *)reading->text.data + reading->strings[number] : "";
}

/* --- Tables -------------------------------------------------------------------------------------------- */

static void add_string(struct reading *reading, const struct field *field) {
    uint64_t *strings = room_for(reading, reading->strings, reading->string_count, &reading->string_room,
                                 sizeof *reading->strings);
    if (!strings)
        return;
    reading->strings = strings;
    strings[reading->string_count++] = reading->text.count;
    bytes_put(&reading->text, field->inner.at, (size_t)(field->inner.end - field->inner.at));
    bytes_byte(&reading->text, 0);
    reading->no_memory |= reading->text.failed;
    if (!reading->text.failed)
        plain((char *)reading->text.data + strings[reading->string_count - 1]);
}

static void add_to(struct reading *reading, struct table *table, uint64_t key, uint64_t value) {
    if (key == KEY_NONE || table_find(table, key))
        reading->bad = true;
    else
        reading->no_memory |= !table_add(table, key, value);
}

static void add_function(struct reading *reading, struct message message) {
    uint64_t id = 0, name = 0, file = 0;
    struct field field;
    while (next_field(reading, &message, &field)) {
        id = field.number == FUNCTION_ID ? field.value : id;
        name = field.number == FUNCTION_NAME ? field.value : name;
        file = field.number == FUNCTION_FILE ? field.value : file;
    }
    uint64_t *strings = room_for(reading, reading->function_strings, 2 * reading->function_count + 1,
                                 &reading->function_room, sizeof *strings);
    if (!strings)
        return;
    reading->function_strings = strings;
    strings[2 * reading->function_count] = name;
    strings[2 * reading->function_count + 1] = file;
    add_to(reading, &reading->functions, id, reading->function_count++);
}

static void add_mapping(struct reading *reading, struct message message) {
    uint64_t id = 0, name = 0;
    struct field field;
    while (next_field(reading, &message, &field)) {
        id = field.number == MAPPING_ID ? field.value : id;
        name = field.number == MAPPING_FILE ? field.value : name;
    }
    add_to(reading, &reading->mappings, id, name);
}

/* The place of a value is that of its type. */
static void add_type(struct reading *reading, struct message message) {
    struct field field;
    unsigned place = ++reading->values;
    while (next_field(reading, &message, &field)) {
        const char *name = field.number == TYPE_NAME ? string_of(reading, field.value) : "";
        unsigned *known = strcmp(name, "alloc_objects") == 0   ? &reading->alloc_objects
                          : strcmp(name, "alloc_space") == 0   ? &reading->alloc_space
                          : strcmp(name, "inuse_objects") == 0 ? &reading->inuse_objects
                          : strcmp(name, "inuse_space") == 0   ? &reading->inuse_space
                                                               : NULL;
        if (known)
            *known = place;
    }
}

/* --- Locations ----------------------------------------------------------------------------------------- */

/* What had no name was written as module and offset, or as an address: it becomes that again. */
static void name_frame(struct symbol *symbol, const char *function, const char *file) {
    size_t length = strlen(symbol->module);
    if (strncmp(function, symbol->module, length) == 0 && strncmp(function + length, "+0x", 3) == 0)
        symbol->in_module = strtoull(function + length + 1, NULL, 16);
    else if (strcmp(symbol->module, "?") != 0 || strncmp(function, "0x", 2) != 0)
        snprintf(symbol->function, sizeof symbol->function, "%s", function);
    snprintf(symbol->file, sizeof symbol->file, "%s", file);
}

static void add_frame(struct reading *reading, struct message line, struct symbol symbol) {
    struct profile *profile = reading->profile;
    struct field field;
    uint64_t function = 0;
    while (next_field(reading, &line, &field)) {
        function = field.number == LINE_FUNCTION ? field.value : function;
        symbol.line = field.number == LINE_NUMBER ? (int)field.value : symbol.line;
    }
    struct table_entry *known = table_find(&reading->functions, function);
    const uint64_t *strings = known ? &reading->function_strings[2 * known->value] : NULL;
    if (strings)
        name_frame(&symbol, string_of(reading, strings[0]), string_of(reading, strings[1]));
    uint32_t place;
    reading->no_memory |= !profile_add_frame(profile, &symbol, 1, &place);
}

static void add_location(struct reading *reading, struct message message) {
    struct symbol symbol = {.module = "?"};
    struct range range = {.first = reading->profile->frame_count};
    struct message again = message;
    struct field field;
    uint64_t id = 0;
    while (next_field(reading, &again, &field)) {
        id = field.number == LOCATION_ID ? field.value : id;
        symbol.address = field.number == LOCATION_ADDRESS ? field.value : symbol.address;
        struct table_entry *mapping =
            field.number == LOCATION_MAPPING ? table_find(&reading->mappings, field.value) : NULL;
        if (mapping)
            symbol.module = string_of(reading, mapping->value);
    }
    while (next_field(reading, &message, &field))
        if (field.number == LOCATION_LINE)
            add_frame(reading, field.inner, symbol);
    if (reading->profile->frame_count == range.first)
        add_frame(reading, (struct message){0}, symbol);
    range.count = reading->profile->frame_count - range.first;
    struct range *ranges =
        room_for(reading, reading->ranges, reading->range_count, &reading->range_room, sizeof *ranges);
    if (!ranges)
        return;
    reading->ranges = ranges;
    ranges[reading->range_count] = range;
    add_to(reading, &reading->locations, id, reading->range_count++);
}

/* --- Samples ------------------------------------------------------------------------------------------- */

static void add_frames(struct reading *reading, struct profile_site *site, uint64_t location) {
    struct table_entry *known = table_find(&reading->locations, location);
    const struct range *range = known ? &reading->ranges[known->value] : NULL;
    reading->bad |= !known;
    for (uint64_t at = 0; range && at < range->count && site->frame_count < PROFILE_FRAMES_MOST; at++)
        site->frames[site->frame_count++] = (uint32_t)(range->first + at);
}

static void add_sample(struct reading *reading, struct message message) {
    uint64_t values[VALUES_MOST + 1] = {0}, number;
    unsigned count = 0;
    struct field field;
    struct profile_site site = {0};
    while (next_field(reading, &message, &field)) {
        bool is_list = field.inner.at != field.inner.end;
        if (field.number == SAMPLE_LOCATION && !is_list)
            add_frames(reading, &site, field.value);
        while (field.number == SAMPLE_LOCATION && next_of_list(reading, &field, &number))
            add_frames(reading, &site, number);
        if (field.number == SAMPLE_VALUE && !is_list && count < VALUES_MOST)
            values[++count] = field.value;
        while (field.number == SAMPLE_VALUE && next_of_list(reading, &field, &number))
            if (count < VALUES_MOST)
                values[++count] = number;
    }
    for (unsigned place = 1; place <= count; place++)
        reading->negative |= (int64_t)values[place] < 0;
    site.objects = values[reading->alloc_objects];
    site.bytes = values[reading->alloc_space];
    site.peak_objects = values[reading->inuse_objects];
    site.peak_bytes = values[reading->inuse_space];
    bool unknown = site.frame_count == 1 &&
                   strcmp(reading->profile->frames[site.frames[0]].function, PPROF_NOT_RECORDED) == 0;
    site.frame_count = unknown ? 0 : site.frame_count;
    struct profile *profile = reading->profile;
    struct profile_site *sites =
        room_for(reading, profile->sites, profile->site_count, &reading->site_room, sizeof *profile->sites);
    if (!sites)
        return;
    profile->sites = sites;
    sites[profile->site_count++] = site;
}

/* --- The file ------------------------------------------------------------------------------------------ */

static void pass(struct reading *reading, struct message message, unsigned wanted) {
    struct field field;
    while (next_field(reading, &message, &field)) {
        if (field.number != wanted)
            continue;
        if (wanted == PROFILE_STRING)
            add_string(reading, &field);
        else if (wanted == PROFILE_TYPE)
            add_type(reading, field.inner);
        else if (wanted == PROFILE_FUNCTION)
            add_function(reading, field.inner);
        else if (wanted == PROFILE_MAPPING)
            add_mapping(reading, field.inner);
        else if (wanted == PROFILE_LOCATION)
            add_location(reading, field.inner);
        else
            add_sample(reading, field.inner);
    }
}

static const char *read_message(struct reading *reading, struct message message) {
    static const unsigned order[] = {PROFILE_STRING,  PROFILE_TYPE,     PROFILE_FUNCTION,
                                     PROFILE_MAPPING, PROFILE_LOCATION, PROFILE_SAMPLE};
    for (size_t at = 0; at < sizeof order / sizeof *order; at++) {
        pass(reading, message, order[at]);
        if (order[at] == PROFILE_TYPE && !reading->bad && !reading->inuse_space)
            return "is no profile of memory in pprof's format: `halloc profile --to=pprof` makes one";
    }
    return reading->no_memory ? "out of memory"
           : reading->bad     ? "is a damaged profile, or a part of one"
           : reading->negative
               ? "has values below 0, as a difference of two profiles: compare the profiles themselves"
               : NULL;
}

static const char *read_file(const char *path, struct bytes *bytes) {
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return strerror(EISDIR);
    gzFile file = gzopen(path, "rb");
    if (!file)
        return strerror(errno);
    int got = 0;
    uint8_t *room;
    while ((room = bytes_room(bytes, 65536)) && bytes->count < FILE_BYTES_MOST &&
           (got = gzread(file, room, 65536)) > 0)
        bytes->count += (size_t)got;
    gzclose(file);
    return !room ? "out of memory" : got ? "can't be read whole" : NULL;
}

const char *read_pprof(const char *path, struct profile *profile) {
    struct reading reading = {.profile = profile};
    struct bytes bytes = {0};
    *profile = (struct profile){.command = path};
    const char *why = read_file(path, &bytes);
    if (!why)
        why = read_message(&reading, (struct message){bytes.data, bytes.data + bytes.count});
    profile->text = (char *)reading.text.data;
    struct table_entry *first = table_find(&reading.mappings, 1);
    if (!why && first)
        profile->program = string_of(&reading, first->value);
    bytes_free(&bytes);
    table_free(&reading.functions);
    table_free(&reading.mappings);
    table_free(&reading.locations);
    free(reading.strings);
    free(reading.function_strings);
    free(reading.ranges);
    return why;
}
