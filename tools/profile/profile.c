/* profile.c - see profile.h. */
#include "profile.h"

#include "../base/output.h"

static const struct profile_format formats[] = {
    {"pprof", profile_pprof, "pprof profile", "\n"},
    {"dhat", profile_dhat, "DHAT profile", "{\"dhat"},
    {"folded", profile_folded, "file that this replaces", "_"},
    {"flame", profile_flame, "flame graph", "<svg"},
};

const struct profile_format *profile_format_named(const char *name) {
    for (size_t index = 0; index < sizeof formats / sizeof *formats; index++)
        if (strcmp(formats[index].name, name) == 0)
            return &formats[index];
    return NULL;
}

const char *profile_write(const struct profile *profile, const struct profile_format *format,
                          const char *name) {
    const struct output_kind kind = {.name = format->output, .begins = {format->begins}};
    struct bytes bytes = {0};
    struct output output;
    format->put(profile, &bytes);
    const char *why = bytes.failed ? "out of memory" : output_open(&output, name, &kind);
    if (!why) {
        fwrite(bytes.data, 1, bytes.count, output.file);
        why = output_close(&output, true);
    }
    bytes_free(&bytes);
    return why;
}

void profile_free(struct profile *profile) {
    free(profile->sites);
    free(profile->frames);
    free(profile->text);
    *profile = (struct profile){0};
}
