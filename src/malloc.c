/*
 * malloc.c - the standard names, and the fast paths.
 *
 * The path of one malloc(100), down to mmap:
 *
 *      halloc_malloc          a slot from the thread's list: most calls end here
 *      process_allocate       the list was empty or damaged, or the size is large or 0
 *        take_slot            serve.c
 *        cache_refill         refill.c: the slab's free slots, or the next slab's
 *          slab_take_all      slab.c: its list, remote frees, or one more page carved
 *          slab_make          slab.c: a new slab
 *            region_take      blocks.c: a block of units, under the lock
 *              engine_take    block.c: find (the policy), split; or grow:
 *              region_grow    region.c: the frontier moves
 *                platform_commit        mprotect, inside the range that start got by one mmap
 *
 * and of one free(p) up again:
 *
 *      halloc_free            ours, a slot's start, not freed already: on the list that its slab says
 *      free_cold              of a slab that we don't allocate from, in a large heap: noted, not touched
 *      free_foreign           another thread's slab, or nobody's: foreign.c
 *      cache_slab_event       refill.c: the slab became empty; or a tick
 *        shared_give          shared.c: into the pool of its class, or if pools have enough:
 *        slab_release         slab.c
 *          region_give        blocks.c
 *            engine_give      block.c: merge with the neighbours, into the policy's set
 *            purge_to         purge.c: madvise, once too much is free
 *
 * Two keys leave that path where the list is empty: under sample: the next object may be a block of its own
 * (sample.h), and under harden:on nothing is ever on a list (harden.h).
 *
 * The unprefixed names are aliases of the prefixed ones, so that a call costs no jump.
 */
#include <stdlib.h>

#include "base/export.h"
#include "process/process.h"
#include "process/start.h"

/* --- The fast paths --------------------------------------------------------------------------- */

HALLOC_API void *halloc_malloc(size_t size) {
    if (likely(size <= TABLE_MOST_BYTES)) {
        void *slot = slot_pop(&cache_fast->list[size_class_table[size]]);
        if (likely(slot))
            return slot;
    }
    return process_allocate(size, ALIGNMENT_BYTES, false);
}

/* A slot of a slab of ours that we don't allocate from, in a large heap: it is noted, not touched. */
static __attribute__((noinline)) void free_cold(void *ptr, const char *call, struct slab *slab,
                                                struct thread_cache *cache) {
    if (likely(slab_is_slot(slab, ptr))) {
        uint32_t number = slab_slot_number(slab, ptr);
        uint64_t *word = note_word(slab, number), notes = load_relaxed(word);
        if (likely(!is_noted(notes, number) && !(slab_has_listed(slab) && slot_is_marked(ptr)))) {
            note(word, notes, number);
            return cache_freed(cache, slab);
        }
    }
    process_free(ptr, call, SIZE_UNSAID, 1);
}

/* A slot of a slab that is not the thread's. */
static __attribute__((noinline)) void free_foreign(void *ptr, const char *call, struct slab *slab,
                                                   struct thread_cache *cache) {
    if (likely(cache != &empty_cache && slab_has(slab, ptr)))
        cache_free_foreign(cache, slab, ptr);
    else
        process_free(ptr, call, SIZE_UNSAID, 1);
}

/* Each delete of new.c is this, too. */
INTERNAL void free_as(void *ptr, const char *call, size_t size, size_t alignment);

/* Any doubt is the slow path's. NULL and foreign pointers lie at no offset below fast_bytes. */
INTERNAL inline __attribute__((always_inline)) void free_as(void *ptr, const char *call, size_t size,
                                                            size_t alignment) {
    size_t offset = (uintptr_t)ptr - (uintptr_t)peek(&region.base);
    if (likely(offset < peek(&region.fast_bytes))) {
        struct slab *slab = slab_of_unit(offset >> UNIT_SHIFT);
        struct thread_cache *cache = cache_fast;
        if (likely(peek(&slab->fast_owner) == cache)) {
            if (likely(slab_is_slot(slab, ptr) && !slot_is_marked(ptr))) {
                slab_list(slab, ptr);
                return cache_freed(cache, slab);
            }
        } else if (likely(peek(&slab->owner) == cache)) {
            return free_cold(ptr, call, slab, cache);
        } else {
            return free_foreign(ptr, call, slab, cache);
        }
    }
    if (ptr)
        process_free(ptr, call, size, alignment);
}

HALLOC_API void halloc_free(void *ptr) {
    free_as(ptr, "free", SIZE_UNSAID, 1);
}

/* --- The rest of the C library's names -------------------------------------------------------- */

HALLOC_API void halloc_free_sized(void *ptr, size_t size) {
    free_as(ptr, "free_sized", size, 1);
}

HALLOC_API void halloc_free_aligned_sized(void *ptr, size_t alignment, size_t size) {
    free_as(ptr, "free_aligned_sized", size, alignment);
}

/* A product that overflows is more than there is: one place says how that fails. */
static size_t product(size_t count, size_t size) {
    size_t bytes;
    return unlikely(__builtin_mul_overflow(count, size, &bytes)) ? SIZE_MAX : bytes;
}

HALLOC_API void *halloc_calloc(size_t count, size_t size) {
    size_t bytes = product(count, size);
    if (bytes > TABLE_MOST_BYTES)
        return process_allocate(bytes, ALIGNMENT_BYTES, true);
    void *ptr = halloc_malloc(bytes);
    return ptr ? memset(ptr, 0, bytes) : NULL;
}

HALLOC_API void *halloc_zalloc(size_t size) {
    return halloc_calloc(1, size);
}

/* What grows moves to a larger slot, if one is at hand. */
HALLOC_API void *halloc_realloc(void *ptr, size_t size) {
    if (!ptr)
        return halloc_malloc(size);
    size_t had = process_usable(ptr, "realloc");
    if (had == MISUSED)
        return NULL;
    bool may_be_fast = had < size && size <= TABLE_MOST_BYTES;
    void *larger = may_be_fast ? slot_pop(&cache_fast->list[size_class_table[size]]) : NULL;
    if (size && !larger)
        return process_resize(ptr, had, size, "realloc");
    if (larger)
        memcpy(larger, ptr, had);
    free_as(ptr, "realloc", SIZE_UNSAID, 1);
    return larger;
}

HALLOC_API void *halloc_reallocarray(void *ptr, size_t count, size_t size) {
    return halloc_realloc(ptr, product(count, size));
}

HALLOC_API void *halloc_aligned_alloc(size_t alignment, size_t size) {
    if (!is_power_of_two(alignment))
        return fail_with(EINVAL);
    return alignment <= ALIGNMENT_BYTES ? halloc_malloc(size) : process_allocate(size, alignment, false);
}

/* As glibc: any alignment is rounded up to a power of two. */
HALLOC_API void *halloc_memalign(size_t alignment, size_t size) {
    return halloc_aligned_alloc(power_of_two_at_least(alignment), size);
}

HALLOC_API int halloc_posix_memalign(void **out, size_t alignment, size_t size) {
    if (!is_power_of_two(alignment) || alignment % sizeof(void *))
        return EINVAL;
    void *ptr = halloc_aligned_alloc(alignment, size); /* errno is ENOMEM after a failure, as in glibc */
    if (!ptr)
        return ENOMEM;
    *out = ptr;
    return 0;
}

HALLOC_API void *halloc_valloc(size_t size) {
    return halloc_aligned_alloc(platform_page_bytes(), size);
}

/* Whole pages; for 0 bytes one. A size that overflows when rounded is out of memory. */
HALLOC_API void *halloc_pvalloc(size_t size) {
    size_t page = platform_page_bytes();
    size_t rounded = align_up(max_size(size, 1), page);
    return halloc_aligned_alloc(page, rounded ? rounded : SIZE_MAX);
}

HALLOC_API size_t halloc_malloc_usable_size(void *ptr) {
    size_t bytes = ptr ? process_usable(ptr, "malloc_usable_size") : 0;
    return bytes == MISUSED ? 0 : bytes;
}

HALLOC_API size_t halloc_good_size(size_t size) {
    return process_good_size(size);
}

HALLOC_API bool halloc_expand(void *ptr, size_t size) {
    return ptr && process_expand(ptr, size, "halloc_expand");
}

HALLOC_API const char *halloc_version(void) {
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
    return TEXT(HALLOC_VERSION_MAJOR) "." TEXT(HALLOC_VERSION_MINOR) "." TEXT(HALLOC_VERSION_PATCH);
}

/* Asks malloc itself: through a volatile pointer, or the compiler would believe its own idea of it. */
HALLOC_API bool halloc_is_overriding(void) {
    void *(*volatile program_malloc)(size_t) = malloc;
    void (*volatile program_free)(void *) = free;
    if (!process_is_ready())
        return false;
    void *ptr = program_malloc(1);
    bool ours =
        process.classic ? heap_contains(process.classic, ptr) : region_contains(ptr) || guarded_at(ptr);
    program_free(ptr);
    return ours;
}

/* --- The standard names ----------------------------------------------------------------------- */

#ifndef HALLOC_NO_OVERRIDE

EXPORT void *malloc(size_t size) ALIAS(halloc_malloc);
EXPORT void free(void *ptr) ALIAS(halloc_free);
EXPORT void free_sized(void *ptr, size_t size) ALIAS(halloc_free_sized);
EXPORT void free_aligned_sized(void *ptr, size_t alignment, size_t size) ALIAS(halloc_free_aligned_sized);
EXPORT void cfree(void *ptr) ALIAS(halloc_free);
EXPORT void *calloc(size_t count, size_t size) ALIAS(halloc_calloc);
EXPORT void *realloc(void *ptr, size_t size) ALIAS(halloc_realloc);
EXPORT void *reallocarray(void *ptr, size_t count, size_t size) ALIAS(halloc_reallocarray);
EXPORT void *aligned_alloc(size_t alignment, size_t size) ALIAS(halloc_aligned_alloc);
EXPORT void *memalign(size_t alignment, size_t size) ALIAS(halloc_memalign);
EXPORT int posix_memalign(void **out, size_t alignment, size_t size) ALIAS(halloc_posix_memalign);
EXPORT void *valloc(size_t size) ALIAS(halloc_valloc);
EXPORT void *pvalloc(size_t size) ALIAS(halloc_pvalloc);
EXPORT size_t malloc_usable_size(void *ptr) ALIAS(halloc_malloc_usable_size);

#ifdef __GLIBC__ /* its own second names, which some programs call when they stand in front of malloc */
EXPORT void *__libc_malloc(size_t size) ALIAS(halloc_malloc);
EXPORT void __libc_free(void *ptr) ALIAS(halloc_free);
EXPORT void *__libc_calloc(size_t count, size_t size) ALIAS(halloc_calloc);
EXPORT void *__libc_realloc(void *ptr, size_t size) ALIAS(halloc_realloc);
EXPORT void *__libc_memalign(size_t alignment, size_t size) ALIAS(halloc_memalign);
EXPORT void *__libc_valloc(size_t size) ALIAS(halloc_valloc);
EXPORT void *__libc_pvalloc(size_t size) ALIAS(halloc_pvalloc);
#endif

#endif
