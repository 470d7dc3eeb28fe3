/*
 * profile.h - memory added up by call site, and written as other tools read it.
 *
 *      a trace, exact: convert/add_up.c   \                 / profile_pprof.c    go tool pprof
 *                                          struct profile --   profile_text.c     speedscope, DHAT, folded
 *      samples of a process: sampled.c    /                 \ profile_flame.c    a flame graph
 */
#ifndef HALLOC_PROFILE_H
#define HALLOC_PROFILE_H

#include "../map/bytes.h"
#include "../trace/symbol/symbol.h"

#define PROFILE_FRAMES_MOST 96 /* as many as are recorded, and what was inlined */

struct profile_site {
    uint64_t bytes, objects;                           /* all that it ever asked for */
    uint64_t lifetime_us;                              /* of all objects, together */
    uint64_t now_bytes, now_objects;                   /* while a trace is read */
    uint64_t most_bytes, most_objects;                 /* at the peak of this site */
    uint64_t peak_bytes, peak_objects;                 /* at the peak of the program; of a process, now */
    uint64_t end_bytes, end_objects;                   /* never freed */
    uint64_t before_bytes, shrunk_bytes;               /* in use in an earlier profile; less now (growth.h) */
    uint32_t oldest_seconds, youngest_seconds;         /* of a process: the ages of its samples in use */
    uint32_t frame_count, frames[PROFILE_FRAMES_MOST]; /* places in `frames`; the caller of malloc first */
};

struct profile {
    const char *command;
    const char *program; /* the module that is the program; NULL: not known */
    uint32_t pid;
    uint64_t peak_us, end_us;
    struct profile_site *sites; /* number 0: its stack is not known */
    uint32_t site_count;
    struct symbol *frames; /* all different ones */
    size_t frame_count, frame_room;
    char *text; /* where names of a profile that was read are */
};

void profile_free(struct profile *profile);

/* Is anything in use? If not, stacks are drawn by what was allocated. */
static inline bool profile_in_use(const struct profile *profile) {
    bool any = false;
    for (uint32_t number = 0; number < profile->site_count; number++)
        any |= profile->sites[number].peak_bytes != 0;
    return any;
}

/* The symbols of one address come behind the other frames. *first is the place of the innermost. False: out
 * of memory. */
static inline bool profile_add_frame(struct profile *profile, const struct symbol *symbols, unsigned count,
                                     uint32_t *first) {
    if (profile->frame_room - profile->frame_count < count) {
        size_t room = 2 * profile->frame_room + 64;
        struct symbol *more = realloc(profile->frames, room * sizeof *more);
        if (!more)
            return false;
        profile->frames = more;
        profile->frame_room = room;
    }
    *first = (uint32_t)profile->frame_count;
    memcpy(profile->frames + profile->frame_count, symbols, count * sizeof *symbols);
    profile->frame_count += count;
    return true;
}

/* A site's next frame, with all that was inlined into it. */
void profile_site_add(const struct profile *profile, struct profile_site *site, uint32_t first);

/* Adds the site to the first one, and empties it. */
void profile_site_merge(struct profile_site *first, struct profile_site *site);

/* Sites of one hash become one, and the others are empty. The caller frees the sites of the copy; without
 * memory it has none. */
struct profile profile_merged(const struct profile *profile,
                              uint64_t (*hash)(const struct profile *, const struct profile_site *));

/* Of the words of a stack, one frame after the other; the first hash is 0. */
uint64_t profile_hash(uint64_t hash, const char *words);

/* Each appends the file to `bytes`. */
struct profile_format {
    const char *name;
    void (*put)(const struct profile *profile, struct bytes *bytes);
    const char *output, *begins;  /* what it is, and how such a file is recognized: output.h */
    bool (*is)(const char *path); /* or by this */
    bool one_site;                /* for each stack, or its viewer refuses the file */
};

/* NULL: there is none of this name. */
const struct profile_format *profile_format_named(const char *name);

/* Writes a file; "-" is standard output. Returns NULL, or what went wrong. */
const char *profile_write(const struct profile *profile, const struct profile_format *format,
                          const char *name);

void profile_pprof(const struct profile *profile, struct bytes *bytes);
void profile_dhat(const struct profile *profile, struct bytes *bytes);
void profile_speedscope(const struct profile *profile, struct bytes *bytes);
void profile_folded(const struct profile *profile, struct bytes *bytes);
void profile_flame(const struct profile *profile, struct bytes *bytes);

#endif
