/*
 * profile.h - a trace added up by call site, and written as other tools read it: profile_pprof.c,
 * profile_text.c.
 *
 * A trace is exact, so nothing here is sampled. What is in use is what was live at the peak of the whole
 * program: most people ask for that moment.
 */
#ifndef HALLOC_CONVERT_PROFILE_H
#define HALLOC_CONVERT_PROFILE_H

#include "../map/bytes.h"
#include "../trace/read/reader.h"

#define PROFILE_FRAMES_MOST 64

struct profile_site {
    uint64_t bytes, objects;                           /* all that it ever asked for */
    uint64_t lifetime_us;                              /* of all objects, together */
    uint64_t now_bytes, now_objects;                   /* while the trace is read */
    uint64_t most_bytes, most_objects;                 /* at the peak of this site */
    uint64_t peak_bytes, peak_objects;                 /* at the peak of the program */
    uint64_t end_bytes, end_objects;                   /* never freed */
    uint32_t frame_count, frames[PROFILE_FRAMES_MOST]; /* places in `frames`; the caller of malloc first */
};

struct profile {
    const struct trace *trace;
    uint64_t peak_us, end_us;
    struct profile_site *sites; /* by the trace's number; 0: not recorded */
    uint32_t site_count;
    struct trace_frame *frames; /* all different ones */
    size_t frame_count;
};

/* False: out of memory. */
bool profile_add_up(struct profile *profile, const struct trace *trace);
void profile_free(struct profile *profile);

/* Each appends the file to `bytes`. */
void profile_pprof(const struct profile *profile, struct bytes *bytes);
void profile_dhat(const struct profile *profile, struct bytes *bytes);
void profile_folded(const struct profile *profile, struct bytes *bytes);

#endif
