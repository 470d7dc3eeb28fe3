/* profile.c - see profile.h. */
#include "profile.h"

#include "../base/output.h"
#include "../base/table.h"
#include "read_pprof.h"

#ifdef HALLOC_ZLIB
#include <zlib.h>
#define GZIP_HEADER 16 /* zlib's word for it: in the place of its own */
#endif

/* Compressed or not: it begins as many others do. */
static bool is_pprof(const char *path) {
    struct profile profile;
    const char *why = read_pprof(path, &profile);
    profile_free(&profile);
    return !why;
}

static const struct profile_format formats[] = {
    {"pprof", profile_pprof, "pprof profile", .is = is_pprof},
    {"dhat", profile_dhat, "DHAT profile", .begins = "{\"dhat", .one_site = true},
    {"speedscope", profile_speedscope, "profile for speedscope", .begins = "{\"exporter\":\"halloc\""},
    {"folded", profile_folded, "file that this replaces", .begins = "_"},
    {"flame", profile_flame, "flame graph", .begins = "<svg"},
};

const struct profile_format *profile_format_named(const char *name) {
    for (size_t index = 0; index < sizeof formats / sizeof *formats; index++)
        if (strcmp(formats[index].name, name) == 0)
            return &formats[index];
    return NULL;
}

/* pprof's own files are compressed by gzip, and called .pb.gz. */
static const char *squeeze(struct bytes *bytes) {
#ifdef HALLOC_ZLIB
    struct bytes squeezed = {0};
    z_stream stream = {.next_in = bytes->data, .avail_in = (uInt)bytes->count};
    bool done = deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + GZIP_HEADER, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    size_t most = done ? deflateBound(&stream, bytes->count) : 0;
    stream.next_out = done ? bytes_room(&squeezed, most) : NULL;
    stream.avail_out = (uInt)most;
    done = stream.next_out && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    squeezed.count = most - stream.avail_out;
    deflateEnd(&stream);
    bytes_free(bytes);
    *bytes = squeezed;
    return done ? NULL : "out of memory";
#else
    (void)bytes;
    return "this build has no zlib, so it writes no .gz";
#endif
}

static bool is_compressed(const struct profile_format *format, const char *name) {
    size_t length = strlen(name);
    return format->put == profile_pprof && length > 3 && strcmp(name + length - 3, ".gz") == 0;
}

struct profile profile_merged(const struct profile *profile,
                              uint64_t (*hash)(const struct profile *, const struct profile_site *)) {
    struct profile copy = *profile;
    struct table places = {0};
    copy.sites = malloc((profile->site_count + 1) * sizeof *copy.sites);
    copy.site_count = copy.sites ? profile->site_count : 0;
    for (uint32_t number = 0; number < copy.site_count; number++) {
        struct profile_site *site = &copy.sites[number];
        *site = profile->sites[number];
        uint64_t key = hash(profile, site) & ~UINT64_C(1);
        struct table_entry *known = table_find(&places, key);
        if (known)
            profile_site_merge(&copy.sites[known->value], site);
        else
            table_add(&places, key, number); /* without memory, sites stay apart */
    }
    table_free(&places);
    return copy;
}

static uint64_t hash_frames(const struct profile *profile, const struct profile_site *site) {
    uint64_t hash = 0;
    (void)profile;
    for (uint32_t at = 0; at < site->frame_count; at++)
        hash = (hash ^ (site->frames[at] + 1)) * UINT64_C(0x9e3779b97f4a7c15), hash ^= hash >> 29;
    return hash;
}

/* Two entries of malloc make two sites of what is shown as one stack. */
static void put(const struct profile *profile, const struct profile_format *format, struct bytes *bytes) {
    if (!format->one_site) {
        format->put(profile, bytes);
        return;
    }
    const struct profile merged = profile_merged(profile, hash_frames);
    format->put(&merged, bytes);
    bytes->failed |= !merged.sites;
    free(merged.sites);
}

const char *profile_write(const struct profile *profile, const struct profile_format *format,
                          const char *name) {
    const struct output_kind kind = {.name = format->output, .begins = {format->begins}, .is = format->is};
    struct bytes bytes = {0};
    struct output output;
    put(profile, format, &bytes);
    const char *why = bytes.failed ? "out of memory" : NULL;
    if (!why && is_compressed(format, name))
        why = squeeze(&bytes);
    if (!why)
        why = output_open(&output, name, &kind);
    if (!why) {
        fwrite(bytes.data, 1, bytes.count, output.file);
        why = output_close(&output, true);
    }
    bytes_free(&bytes);
    return why;
}

void profile_site_add(const struct profile *profile, struct profile_site *site, uint32_t first) {
    for (uint32_t at = first; site->frame_count < PROFILE_FRAMES_MOST; at++) {
        site->frames[site->frame_count++] = at;
        if (!profile->frames[at].inlined)
            return;
    }
}

void profile_site_merge(struct profile_site *first, struct profile_site *site) {
    if (!first->peak_bytes || (site->peak_bytes && site->youngest_seconds < first->youngest_seconds))
        first->youngest_seconds = site->youngest_seconds;
    if (site->oldest_seconds > first->oldest_seconds)
        first->oldest_seconds = site->oldest_seconds;
    first->objects += site->objects;
    first->bytes += site->bytes;
    first->peak_objects += site->peak_objects;
    first->peak_bytes += site->peak_bytes;
    first->before_bytes += site->before_bytes;
    first->lifetime_us += site->lifetime_us;
    first->most_objects += site->most_objects;
    first->most_bytes += site->most_bytes;
    first->end_objects += site->end_objects;
    first->end_bytes += site->end_bytes;
    *site = (struct profile_site){0};
}

uint64_t profile_hash(uint64_t hash, const char *words) {
    for (; *words; words++)
        hash = (hash ^ (unsigned char)*words) * UINT64_C(0x100000001b3);
    return hash * UINT64_C(0x9e3779b97f4a7c15);
}

void profile_free(struct profile *profile) {
    free(profile->sites);
    free(profile->frames);
    free(profile->text);
    *profile = (struct profile){0};
}
