/*
 * harness_careful.c - the loop for memory and for checks.
 *
 * For memory it touches every page of a block, as a program would in time. Now and then it asks the kernel
 * for the resident memory. That is coarse. An allocator may instead report its heap's size after each step;
 * the kernel tells whether that can be true. For checks it fills each block with bytes that depend on the
 * step that allocated it. It verifies them when the block is freed or resized. A map of owners tells at
 * once if two blocks overlap.
 */
#define _GNU_SOURCE 1
#include "harness_inside.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- Resident memory --------------------------------------------------------------------------------- */

uint64_t harness_resident(void) {
    char text[4096];
    int fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = 0;
    const char *line = strstr(text, "\nAnonymous:");
    uint64_t kib = 0;
    for (const char *at = line ? line + 11 : text; line && *at && *at != '\n'; at++)
        if (*at >= '0' && *at <= '9')
            kib = 10 * kib + (uint64_t)(*at - '0');
    return kib << 10;
}

static void note(struct player *player, uint64_t bytes) {
    struct answer *answer = &player->job->answer;
    if (bytes > answer->peak_bytes)
        answer->peak_bytes = bytes;
    answer->end_bytes = bytes;
    player->sum_bytes += (double)bytes;
    player->sum_live += (double)player->live;
    answer->samples++;
    answer->average_bytes = player->sum_bytes / (double)answer->samples;
    answer->average_live = player->sum_live / (double)answer->samples;
}

static void touch(char *at, size_t size) {
    for (size_t offset = 0; offset < size; offset += 4096)
        ((volatile char *)at)[offset] = 1;
    ((volatile char *)at)[size - 1] = 1;
}

/* --- Faults ------------------------------------------------------------------------------------------ */

struct place { /* the present step */
    struct player *player;
    uint32_t thread;
    uint64_t index; /* the index of the step in the whole job */
};

static void broken(const struct place *place, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void broken(const struct place *place, const char *format, ...) {
    struct player *player = place->player;
    struct answer *answer = &player->job->answer;
    if (__atomic_exchange_n(&player->stop, 1, __ATOMIC_RELAXED))
        return; /* another thread was first */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(answer->what, sizeof answer->what, format, arguments);
    va_end(arguments);
    answer->broken_thread = place->thread;
    answer->broken_index = place->index - player->job->starts[place->thread];
    answer->broken = true;
}

/* --- Bytes ------------------------------------------------------------------------------------------- */

static uint64_t word_of(uint64_t born, size_t index) {
    return (born + 1) * UINT64_C(0x9e3779b97f4a7c15) + index * UINT64_C(0x9ddfea08eb382d69);
}

static void fill(char *at, const struct fact *fact) {
    for (size_t offset = 0; offset < fact->size; offset += 8) {
        uint64_t word = word_of(fact->born, offset / 8);
        memcpy(at + offset, &word, fact->size - offset < 8 ? fact->size - offset : 8);
    }
}

/* The first of `size` bytes that differs from its fill; SIZE_MAX: none. */
static size_t first_wrong(const char *at, size_t size, uint64_t born) {
    for (size_t offset = 0; offset < size; offset += 8) {
        uint64_t word = word_of(born, offset / 8);
        size_t count = size - offset < 8 ? size - offset : 8;
        for (size_t byte = 0; memcmp(at + offset, &word, count) != 0 && byte < count; byte++)
            if (at[offset + byte] != ((const char *)&word)[byte])
                return offset + byte;
    }
    return SIZE_MAX;
}

static bool check_bytes(const struct place *place, const char *at, size_t size, const struct fact *fact,
                        const char *when) {
    size_t wrong = first_wrong(at, size, fact->born);
    if (wrong != SIZE_MAX)
        broken(place, "byte %zu of the %" PRIu64 " bytes at %p has changed %s", wrong, fact->size, at, when);
    return wrong == SIZE_MAX;
}

/* C's rule for malloc: aligned for any type of that size; and 8, as every allocator keeps. */
static size_t natural_alignment(size_t size) {
    return size >= 16 ? 16 : 8;
}

static bool check_given(const struct place *place, char *at, const struct step *step) {
    struct player *player = place->player;
    size_t size = player->facts[step->object].size, alignment = natural_alignment(size);
    if (step_kind(step) == STEP_ALIGNED && step_alignment(step) > alignment)
        alignment = step_alignment(step);
    if ((uintptr_t)at % alignment) {
        broken(place, "%p for %zu bytes is not aligned to %zu", at, size, alignment);
        return false;
    }
    uint32_t other;
    if (!owners_claim(player->owners, at, size, step->object, &other)) {
        broken(place, "%zu bytes at %p overlap a block in use, of %" PRIu64 " bytes", size, at,
               other == UINT32_MAX ? 0 : player->facts[other].size);
        return false;
    }
    for (size_t offset = 0; step_kind(step) == STEP_CALLOC && offset < size; offset++) {
        if (at[offset]) {
            broken(place, "byte %zu of the %zu bytes at %p that calloc gave is not zero", offset, size, at);
            return false;
        }
    }
    return true;
}

/* --- How large the heap is --------------------------------------------------------------------------- */

/* Resident memory that is no part of the heap: the allocator's own variables that the first step touches,
 * the last page of each table, our stack. */
#define TOLD_SLACK ((uint64_t)64 << 10)

static void look(const struct place *place, bool is_moment) {
    struct player *player = place->player;
    uint64_t told = player->job->answer.told ? player->allocator->extent() : 0;
    uint64_t resident = is_moment ? harness_resident() : 0;
    uint64_t added = resident > player->base_bytes ? resident - player->base_bytes : 0;
    if (!player->job->answer.told && is_moment)
        note(player, added);
    if (!player->job->answer.told)
        return;
    note(player, told);
    if (added > told + TOLD_SLACK)
        broken(place, "its heap takes %" PRIu64 " bytes, it says, but %" PRIu64 " more are resident", told,
               added - told);
}

/* --- Steps ------------------------------------------------------------------------------------------- */

/* The step's object has a block now. */
static void settle(const struct place *place, const struct step *step, char *at, size_t size, size_t kept,
                   const struct fact *before) {
    struct player *player = place->player;
    struct fact fact = {size, place->index};
    player->facts[step->object] = fact;
    if (player->job->pass == PASS_MEMORY) {
        touch(at, size);
        player->live += size;
        if (player->live > player->job->answer.peak_live_bytes)
            player->job->answer.peak_live_bytes = player->live;
    } else {
        if (!check_given(place, at, step) ||
            (kept && !check_bytes(place, at, kept, before, "by the realloc")))
            return;
        fill(at, &fact);
    }
    __atomic_store_n(&player->slots[step->object], at, __ATOMIC_RELEASE);
}

/* The block there is about to be freed or moved. */
static bool unsettle(const struct place *place, uint32_t slot, char *at) {
    struct player *player = place->player;
    const struct fact *fact = &player->facts[slot];
    if (player->job->pass == PASS_MEMORY) {
        player->live -= fact->size;
        return true;
    }
    if (!check_bytes(place, at, fact->size, fact, "since it was written"))
        return false;
    owners_release(player->owners, at, fact->size, slot);
    return true;
}

static void begin(const struct place *place, const struct step *step) {
    struct player *player = place->player;
    const struct allocator *allocator = player->allocator;
    size_t size = step_size(step) ? step_size(step) : 1;
    char *at = step_kind(step) == STEP_MALLOC   ? allocator->allocate(size)
               : step_kind(step) == STEP_CALLOC ? allocator->zeroed(1, size)
                                                : allocator->aligned(step_alignment(step), size);
    if (at) {
        settle(place, step, at, size, 0, NULL);
        return;
    }
    __atomic_fetch_add(&player->job->answer.failures, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&player->slots[step->object], harness_nowhere, __ATOMIC_RELEASE);
}

/* The block that another step put into the slot; NULL: none, or all stop. */
static char *taken(const struct place *place, const struct step *step, uint32_t slot) {
    struct player *player = place->player;
    char *at = step->word & STEP_WAIT ? harness_wait(player, &player->slots[slot]) : player->slots[slot];
    return at == harness_nowhere ? NULL : at;
}

static void resize(const struct place *place, const struct step *step) {
    struct player *player = place->player;
    size_t size = step_size(step) ? step_size(step) : 1;
    char *at = taken(place, step, step->previous);
    struct fact before = player->facts[step->previous];
    if (at && !unsettle(place, step->previous, at))
        return;
    char *moved = player->allocator->resize(at, size);
    if (moved) {
        settle(place, step, moved, size, !at ? 0 : before.size < size ? before.size : size, &before);
        return;
    }
    __atomic_fetch_add(&player->job->answer.failures, 1, __ATOMIC_RELAXED);
    if (at)
        settle(place, step, at, before.size, before.size, &before);
    else
        __atomic_store_n(&player->slots[step->object], harness_nowhere, __ATOMIC_RELEASE);
}

static void end(const struct place *place, const struct step *step) {
    char *at = taken(place, step, step->object);
    if (at && unsettle(place, step->object, at))
        place->player->allocator->release(at);
}

void harness_careful(struct player *player, uint32_t thread, uint64_t start, uint64_t stop) {
    struct job *job = player->job;
    struct place place = {player, thread, start};
    for (; place.index < stop && !__atomic_load_n(&player->stop, __ATOMIC_RELAXED); place.index++) {
        const struct step *step = job_steps(job) + place.index;
        switch (step_kind(step)) {
        case STEP_MALLOC:
        case STEP_CALLOC:
        case STEP_ALIGNED: begin(&place, step); break;
        case STEP_REALLOC: resize(&place, step); break;
        case STEP_FREE: end(&place, step); break;
        case STEP_FREE_NULL: player->allocator->release(NULL); break;
        case STEP_NOTHING: break;
        }
        __atomic_fetch_add(&job->answer.done, 1, __ATOMIC_RELAXED);
        if (job->pass == PASS_MEMORY)
            look(&place, place.index == job->sample_also || (place.index + 1) % job->sample_every == 0);
    }
}
