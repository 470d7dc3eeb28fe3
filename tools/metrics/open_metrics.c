/* open_metrics.c - see open_metrics.h. */
#include "open_metrics.h"

#include <inttypes.h>

static void family(FILE *file, const char *name, const char *type, const char *unit, const char *help) {
    fprintf(file, "# TYPE %s %s\n", name, type);
    if (unit)
        fprintf(file, "# UNIT %s %s\n", name, unit);
    fprintf(file, "# HELP %s %s\n", name, help);
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

/* A uint64_t of each sample, by its place. */
static void gauge(FILE *file, const struct sample *samples, size_t count, const char *name,
                  const char *suffix, size_t offset) {
    for (size_t index = 0; index < count; index++) {
        fprintf(file, "%s%s", name, suffix);
        labels(file, &samples[index]);
        fprintf(file, "} %" PRIu64 "\n", *(const uint64_t *)((const char *)&samples[index] + offset));
    }
}

static void write_ledger(FILE *file, const struct sample *samples, size_t count) {
    family(file, "halloc_memory_bytes", "gauge", "bytes",
           "Resident memory by what it holds; sums up to all of it.");
    for (size_t index = 0; index < count; index++)
        for (unsigned line = 0; line < LEDGER_LINES; line++) {
            fputs("halloc_memory_bytes", file);
            labels(file, &samples[index]);
            fprintf(file, ",kind=\"%s\"} %" PRId64 "\n", ledger_name(line),
                    samples[index].ledger.bytes[line]);
        }
}

void open_metrics_write(const struct sample *samples, size_t count, FILE *file) {
    static const struct {
        const char *name, *suffix, *type, *unit, *help;
        size_t offset;
    } families[] = {
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
        family(file, families[index].name, families[index].type, families[index].unit, families[index].help);
        gauge(file, samples, count, families[index].name, families[index].suffix, families[index].offset);
    }
    write_ledger(file, samples, count);
    fputs("# EOF\n", file);
}
