/* open_metrics.c - see open_metrics.h. */
#include "open_metrics.h"

#include <inttypes.h>

struct family {
    const char *name, *suffix, *type, *unit, *help;
    size_t offset; /* of a uint64_t in struct sample */
};

/* In OpenMetrics a counter's family is called without _total, in the older text with it. Units are new. */
static void head(FILE *file, bool older, const struct family *family) {
    const char *suffix = older ? family->suffix : "";
    fprintf(file, "# TYPE %s%s %s\n", family->name, suffix, family->type);
    if (family->unit && !older)
        fprintf(file, "# UNIT %s %s\n", family->name, family->unit);
    fprintf(file, "# HELP %s%s %s\n", family->name, suffix, family->help);
}

/* The program's name may have any letters. */
static void labels(FILE *file, const struct sample *sample) {
    fprintf(file, "{pid=\"%" PRIu64 "\",program=\"", sample->pid);
    for (const char *at = sample->program; *at; at++) {
        if (*at == '"' || *at == '\\')
            putc('\\', file);
        putc((unsigned char)*at < 32 || (unsigned char)*at > 126 ? '?' : *at, file);
    }
    putc('"', file);
}

static void write_family(FILE *file, const struct sample *samples, size_t count,
                         const struct family *family) {
    for (size_t index = 0; index < count; index++) {
        fprintf(file, "%s%s", family->name, family->suffix);
        labels(file, &samples[index]);
        fprintf(file, "} %" PRIu64 "\n", *(const uint64_t *)((const char *)&samples[index] + family->offset));
    }
}

static void write_ledger(FILE *file, bool older, const struct sample *samples, size_t count) {
    head(file, older,
         &(struct family){"halloc_memory_bytes", "", "gauge", "bytes",
                          "Resident memory by what it holds; sums up to all of it.", 0});
    for (size_t index = 0; index < count; index++)
        for (unsigned line = 0; line < LEDGER_LINES; line++) {
            fputs("halloc_memory_bytes", file);
            labels(file, &samples[index]);
            fprintf(file, ",kind=\"%s\"} %" PRId64 "\n", ledger_name(line),
                    samples[index].ledger.bytes[line]);
        }
}

void open_metrics_write(const struct sample *samples, size_t count, bool older, FILE *file) {
    static const struct family families[] = {
        {"halloc_resident_bytes", "", "gauge", "bytes", "Resident memory of the process.",
         offsetof(struct sample, ledger.resident)},
        {"halloc_live_bytes", "", "gauge", "bytes", "Memory of live objects, rounded up to slots and blocks.",
         offsetof(struct sample, ledger.live_bytes)},
        {"halloc_live_objects", "", "gauge", NULL, "Live objects.",
         offsetof(struct sample, ledger.live_objects)},
        {"halloc_used_bytes", "", "gauge", "bytes", "Slabs and large objects.",
         offsetof(struct sample, used_bytes)},
        {"halloc_peak_used_bytes", "", "gauge", "bytes", "The most that slabs and large objects took.",
         offsetof(struct sample, peak_used_bytes)},
        {"halloc_idle_page_bytes", "", "gauge", "bytes", "Pages of slabs without an object: they can go.",
         offsetof(struct sample, ledger.idle_bytes)},
        {"halloc_pinned_bytes", "", "gauge", "bytes", "Free slots in pages with an object: they can't go.",
         offsetof(struct sample, ledger.pinned_bytes)},
        {"halloc_threads", "", "gauge", NULL, "Threads of the process.", offsetof(struct sample, tasks)},
        {"halloc_purged_bytes", "_total", "counter", "bytes", "Memory that was given back to the system.",
         offsetof(struct sample, purged_bytes)},
    };
    for (size_t index = 0; index < sizeof families / sizeof *families; index++) {
        head(file, older, &families[index]);
        write_family(file, samples, count, &families[index]);
    }
    write_ledger(file, older, samples, count);
    if (!older)
        fputs("# EOF\n", file);
}
