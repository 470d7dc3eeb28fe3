/* samples.c - see samples.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "samples.h"

#include "pause.h"
#include "target.h"
#include "view.h"

#include "../../src/sample/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>

static uint32_t now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint32_t)now.tv_sec;
}

static bool read_variable(const struct target *target, uint64_t address, void *to, size_t bytes) {
    return far_read(&target->far, target->bias + address, to, bytes);
}

/* --- Sites --------------------------------------------------------------------------------------------- */

static bool read_sites(const struct target *target, struct samples *samples) {
    size_t bytes = SAMPLE_SITES * sizeof(struct site);
    uint64_t at = 0;
    if (!read_variable(target, target->layout.sites, &at, sizeof at))
        return false;
    struct site *there = at ? malloc(bytes) : NULL;
    samples->site_count = SAMPLE_SITES;
    samples->sites = view_new(SAMPLE_SITES * sizeof *samples->sites);
    bool done = samples->sites && (!at || (there && far_read_sparse(&target->far, at, there, bytes)));
    for (size_t number = 0; done && at && number < SAMPLE_SITES; number++) {
        struct samples_site *site = &samples->sites[number];
        site->objects = there[number].objects;
        site->bytes = there[number].bytes;
        site->depth = (uint32_t)(there[number].depth < SAMPLE_FRAMES ? there[number].depth : SAMPLE_FRAMES);
        for (uint32_t frame = 0; frame < site->depth; frame++)
            site->frame[frame] = there[number].frame[frame];
    }
    free(there);
    return done;
}

/* --- Objects ------------------------------------------------------------------------------------------- */

/* What an object of this size has: the library counts by it. */
static uint64_t granted_bytes(const struct target *target, uint64_t size) {
    static uint32_t slots[SIZE_CLASSES];
    if (!slots[0] && !read_variable(target, target->layout.slot_bytes_table, slots, sizeof slots))
        return size + !size;
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        if (slots[size_class] >= size)
            return slots[size_class];
    return (size + UNIT_BYTES - 1) / UNIT_BYTES * UNIT_BYTES;
}

static bool add_object(const struct target *target, struct samples *samples, const struct sample *sample) {
    struct samples_object *room = view_room(samples->objects, samples->object_count, sizeof *room);
    if (!room)
        return false;
    samples->objects = room;
    uint32_t now = now_seconds();
    room[samples->object_count++] =
        (struct samples_object){.address = (uintptr_t)sample->object,
                                .size = sample->size,
                                .granted = granted_bytes(target, sample->size),
                                .weight = sample->weight,
                                .age_seconds = now > sample->birth ? now - sample->birth : 0,
                                .site = sample->site < SAMPLE_SITES ? sample->site : 0};
    return true;
}

static bool read_blocks(const struct target *target, struct samples *samples) {
    struct region there;
    if (!read_variable(target, target->layout.region, &there, sizeof there))
        return false;
    size_t units = there.base ? (size_t)(there.engine.top - there.engine.base) >> UNIT_SHIFT : 0;
    struct slab *slabs = aligned_alloc(DESCRIPTOR_BYTES, (units + 1) * sizeof *slabs);
    bool done = slabs && (!units || far_read_sparse(&target->far, (uintptr_t)(there.slabs + 1), slabs,
                                                    units * sizeof *slabs));
    for (size_t unit = 0; done && unit < units; unit++)
        if (slabs[unit].kind == UNIT_SAMPLED)
            done = add_object(target, samples, (const struct sample *)&slabs[unit]);
    free(slabs);
    return done;
}

static bool read_guarded(const struct target *target, struct samples *samples) {
    static struct guarded there[GUARD_PLACES];
    bool done = far_read_sparse(&target->far, target->bias + target->layout.guarded, there, sizeof there);
    for (size_t place = 0; done && place < GUARD_PLACES; place++)
        if (there[place].state == GUARDED_IN_USE)
            done = add_object(target, samples, &there[place].sample);
    return done;
}

/* --- All together -------------------------------------------------------------------------------------- */

static const char *read_all(const struct target *target, struct samples *samples) {
    struct conf options;
    /* Sites last: a site never goes, so that of each object is there. */
    if (read_variable(target, target->layout.conf, &options, sizeof options) &&
        read_blocks(target, samples) && read_guarded(target, samples) && read_sites(target, samples)) {
        samples->mean_bytes = options.sample_bytes;
        return options.heap == CONF_HEAP_CLASSIC ? "runs on the classic heap, which has no sampler"
               : options.harden                  ? "runs with harden:on, which has no sampler"
                                                 : NULL;
    }
    return "it ended meanwhile, or its memory can't be read";
}

const char *samples_take(pid_t pid, bool paused, struct samples *samples) {
    struct target target;
    struct pause pause = {0};
    *samples = (struct samples){0};
    const char *why = target_open(&target, pid);
    if (why)
        return why;
    memcpy(samples->program, target.program, sizeof samples->program);
    if (paused && !pause_begin(&pause, pid))
        why = "can't be held: a debugger or strace has it, or it is not yours";
    if (!why)
        why = read_all(&target, samples);
    pause_end(&pause);
    target_close(&target);
    return why;
}

void samples_free(struct samples *samples) {
    free(samples->sites);
    free(samples->objects);
    *samples = (struct samples){0};
}

const char *samples_switch(pid_t pid, uint64_t mean_bytes) {
    struct target target;
    const char *why = target_open(&target, pid);
    if (why)
        return why;
    uint64_t at = target.bias + target.layout.conf + offsetof(struct conf, sample_bytes);
    struct iovec here = {&mean_bytes, sizeof mean_bytes}, there = {(void *)(uintptr_t)at, sizeof mean_bytes};
    if (process_vm_writev(pid, &here, 1, &there, 1, 0) != (ssize_t)sizeof mean_bytes)
        why = "its sampler can't be switched: not permitted, or it ended";
    target_close(&target);
    return why;
}
