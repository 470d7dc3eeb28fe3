/*
 * property.c - random calls over all entry points, against a model: what each object holds, where it
 * lies, that no two overlap. Without cmocka or anything else but the single file and libc, so that
 * it runs wherever the library does: under qemu, on musl, under sanitizers.
 *
 *      property [first seed [seeds]]
 */
#define HALLOC_LIBRARY
#define HALLOC_NO_OVERRIDE 1
#include "../../halloc.c"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ROUNDS 300000
#define SEEDS 3
#else
#define ROUNDS 15000 /* emulated or instrumented: slower by about so much */
#define SEEDS 1
#endif

static int passed, failed_ones;

#define property(condition)                                                                                  \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: round %u, seed %lu: not so: %s\n", __FILE__, __LINE__, model->round,     \
                    (unsigned long)model->seed, #condition);                                                 \
            model->broken = true;                                                                            \
            return;                                                                                          \
        }                                                                                                    \
    } while (0)

/* --- The model ---------------------------------------------------------------------------------------- */

#define OBJECTS 256

struct object {
    unsigned char *ptr;
    size_t size, usable, alignment;
    unsigned seed;
};

struct model {
    struct object objects[OBJECTS];
    uint64_t seed, random;
    unsigned round;
    bool broken;
};

static uint64_t next_number(struct model *model) {
    uint64_t x = (model->random += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static size_t below(struct model *model, size_t bound) {
    return (size_t)(next_number(model) % bound);
}

/* Small most of the time, seldom up to 2 MiB. */
static size_t some_size(struct model *model) {
    return below(model, (size_t)1 << below(model, below(model, 50) ? 15 : 22));
}

/* All of a small object is written and looked at; of a large one its ends and places between. */
static size_t step_of(size_t size) {
    return size < 2000 ? 1 : 1 + size / 500;
}

static unsigned char byte_at(const struct object *object, size_t at) {
    return (unsigned char)(object->seed * 31 + at * 7 + 1);
}

static void fill(struct object *object) {
    for (size_t at = 0; at < object->size; at += step_of(object->size))
        object->ptr[at] = byte_at(object, at);
    if (object->size)
        object->ptr[object->size - 1] = byte_at(object, object->size - 1);
}

static bool is_intact(const struct object *object) {
    for (size_t at = 0; at < object->size; at += step_of(object->size))
        if (object->ptr[at] != byte_at(object, at))
            return false;
    return !object->size || object->ptr[object->size - 1] == byte_at(object, object->size - 1);
}

static void overlaps_none(struct model *model, const struct object *object) {
    uintptr_t low = (uintptr_t)object->ptr, high = low + object->usable;
    for (size_t index = 0; index < OBJECTS; index++) {
        const struct object *other = &model->objects[index];
        uintptr_t start = (uintptr_t)other->ptr;
        if (other != object && other->ptr)
            property(high <= start || start + other->usable <= low);
    }
}

/* --- The calls ------------------------------------------------------------------------------------------ */

static bool is_zero(const unsigned char *ptr, size_t size) {
    for (size_t at = 0; at < size; at++)
        if (ptr[at])
            return false;
    return true;
}

static void born(struct model *model, struct object *object, unsigned char *ptr, size_t size,
                 size_t alignment) {
    property(ptr);
    *object =
        (struct object){ptr, size, halloc_malloc_usable_size(ptr), alignment, (unsigned)next_number(model)};
    property(object->usable >= size);
    property((uintptr_t)ptr % alignment == 0 && (uintptr_t)ptr % 16 == 0);
    overlaps_none(model, object);
    fill(object);
}

static void give_birth(struct model *model, struct object *object) {
    size_t size = some_size(model), alignment = (size_t)1 << below(model, below(model, 10) ? 8 : 17);
    size_t page = platform_page_bytes();
    void *ptr = NULL;
    switch (below(model, 8)) {
    case 0: born(model, object, halloc_malloc(size), size, 16); break;
    case 1:
        ptr = halloc_calloc(size, 1);
        property(ptr && is_zero(ptr, size));
        born(model, object, ptr, size, 16);
        break;
    case 2:
        ptr = halloc_zalloc(size);
        property(ptr && is_zero(ptr, size));
        born(model, object, ptr, size, 16);
        break;
    case 3: born(model, object, halloc_realloc(NULL, size), size, 16); break;
    case 4: born(model, object, halloc_aligned_alloc(alignment, size), size, alignment); break;
    case 5: born(model, object, halloc_memalign(alignment, size), size, alignment); break;
    case 6:
        property(halloc_posix_memalign(&ptr, max_size(alignment, sizeof ptr), size) == 0);
        born(model, object, ptr, size, alignment);
        break;
    case 7:
        if (below(model, 2))
            born(model, object, halloc_valloc(size), size, page);
        else
            born(model, object, halloc_pvalloc(size), align_up(max_size(size, 1), page), page);
        break;
    }
}

static void change(struct model *model, struct object *object) {
    size_t size = some_size(model);
    if (below(model, 4) == 0) {
        if (halloc_expand(object->ptr, size)) {
            object->usable = halloc_malloc_usable_size(object->ptr);
            property(object->usable >= size);
            overlaps_none(model, object);
        }
        property(is_intact(object));
        return;
    }
    struct object old = *object;
    object->ptr =
        below(model, 2) ? halloc_realloc(old.ptr, size + 1) : halloc_reallocarray(old.ptr, size + 1, 1);
    property(object->ptr);
    object->size = min_size(old.size, size + 1);
    for (size_t at = 0; at < object->size; at += step_of(old.size))
        property(object->ptr[at] == byte_at(&old, at));
    born(model, object, object->ptr, size + 1, 16);
}

static void die(struct model *model, struct object *object) {
    property(is_intact(object));
    property(halloc_malloc_usable_size(object->ptr) == object->usable);
    int number = errno = (int)below(model, 100);
    switch (below(model, 4)) {
    case 0: halloc_free_sized(object->ptr, object->size); break;
    case 1: halloc_free_aligned_sized(object->ptr, object->alignment, object->size); break;
    default: halloc_free(object->ptr);
    }
    property(errno == number);
    *object = (struct object){0};
}

static void refuse(struct model *model) {
    size_t absurd = (size_t)PTRDIFF_MAX + 1 + below(model, PTRDIFF_MAX);
    errno = 0;
    property(!halloc_malloc(absurd) && errno == ENOMEM);
    errno = 0;
    property(!halloc_calloc(absurd, 1 + below(model, 100)) && errno == ENOMEM);
    void *out = model;
    property(halloc_posix_memalign(&out, 64, absurd) == ENOMEM && out == model);
}

static void run_model(struct model *model) {
    model->random = model->seed;
    for (model->round = 0; model->round < ROUNDS && !model->broken; model->round++) {
        struct object *object = &model->objects[below(model, OBJECTS)];
        const char *broken;
        if (!object->ptr)
            give_birth(model, object);
        else if (below(model, 3))
            die(model, object);
        else
            change(model, object);
        if (model->round % 1000 == 0)
            refuse(model);
        if (model->round % 5000 == 0)
            property(halloc_process_check(&broken));
        if (model->round % 20000 == 7777)
            halloc_malloc_trim(below(model, MIB));
    }
    for (size_t index = 0; index < OBJECTS && !model->broken; index++)
        if (model->objects[index].ptr)
            die(model, &model->objects[index]);
}

/* --- Threads: each its own model, and objects that change hands -------------------------------------------- */

static void *handed_on[64];

static void *run_thread(void *argument) {
    struct model *model = argument;
    for (int round = 0; round < ROUNDS / 5; round++) {
        size_t size = 16 + some_size(model) % 5000;
        unsigned char *mine = halloc_malloc(size);
        if (!mine) {
            model->broken = true;
            break;
        }
        memset(mine, (int)(size % 251), size);
        memcpy(mine, &size, sizeof size);
        unsigned char *other = __atomic_exchange_n(&handed_on[below(model, 64)], mine, __ATOMIC_ACQ_REL);
        if (!other)
            continue;
        memcpy(&size, other, sizeof size);
        for (size_t at = sizeof size; at < size; at++)
            model->broken |= other[at] != size % 251;
        halloc_free(other);
    }
    return NULL;
}

static bool threads_hold(uint64_t seed) {
    pthread_t threads[4];
    static struct model models[4];
    bool good = true;
    for (size_t index = 0; index < 4; index++) {
        models[index].random = seed + index;
        if (pthread_create(&threads[index], NULL, run_thread, &models[index]) != 0)
            return false;
    }
    for (size_t index = 0; index < 4; index++) {
        pthread_join(threads[index], NULL);
        good &= !models[index].broken;
    }
    for (size_t index = 0; index < 64; index++)
        halloc_free(handed_on[index]);
    return good && halloc_process_check(NULL);
}

/* When all is freed, nothing is in use. Under harden:on freed objects wait for their next use. */
static bool nothing_is_left(void) {
    struct heap_totals totals;
    halloc_malloc_trim(0);
    stats_totals(&totals);
    return stats_used_bytes(&totals) == 0 || conf.harden;
}

static void tell(const char *what, bool good) {
    printf("%s %s\n", good ? "passed" : "FAILED", what);
    *(good ? &passed : &failed_ones) += 1;
}

int main(int count, char **arguments) {
    static struct model model;
    uint64_t first = count > 1 ? strtoull(arguments[1], NULL, 0) : 1;
    uint64_t seeds = count > 2 ? strtoull(arguments[2], NULL, 0) : SEEDS;
    bool good = true;
    for (uint64_t seed = first; seed < first + seeds && good; seed++) {
        memset(&model, 0, sizeof model);
        model.seed = seed;
        run_model(&model);
        good = !model.broken;
    }
    tell("random calls against a model", good);
    tell("nothing is left in use", !good || nothing_is_left());
    tell("threads that free each other's objects", threads_hold(first));
    tell("nothing is left in use by threads", nothing_is_left());
    printf("%d passed, %d failed\n", passed, failed_ones);
    return failed_ones != 0;
}
