/*
 * fuzz_calls.c - sequences of calls, on the process heap and on a classic heap under each policy, against a model.
 *
 * The first byte chooses the heap. Then four bytes are a call: what, on which of 32 objects, and two for a size. The
 * model knows each object's address, size and first and last byte: nothing may overlap or change. The validator looks
 * at the end of each sequence, and after each sixty-fourth call.
 */
#define HALLOC_LIBRARY
#define HALLOC_NO_OVERRIDE 1
#include "../../halloc.c"

#include "fuzz.h"

#define OBJECTS 32

static struct object {
    unsigned char *ptr;
    size_t size;
} objects[OBJECTS];

static halloc_heap *heap;      /* NULL: the process heap */
static char memory[64 * 1024]; /* of heaps that don't grow: no mapping to make each time */

static void check(void) {
    const char *broken = "";
    bool sound = heap ? halloc_heap_check(heap, &broken) : halloc_process_check(&broken);
    if (!sound)
        fprintf(stderr, "broken: %s\n", broken);
    must(sound);
}

/* Small most of the time; in the process heap sometimes large, but not often: the kernel clears each new page. */
static size_t size_of(unsigned first, unsigned second) {
    size_t size = first | (second & 15) << 8;
    return second >> 4 == 15 && first >> 4 == 15 && !heap ? size * 512 : second >> 4 > 11 ? size * 16 : size;
}

static bool is_whole(const struct object *object) {
    unsigned char mark = (unsigned char)(object - objects + 1);
    return object->size == 0 || (object->ptr[0] == mark && object->ptr[object->size - 1] == mark);
}

static void keep(struct object *object, void *ptr, size_t size) {
    object->ptr = ptr;
    object->size = ptr ? size : 0;
    if (!ptr)
        return;
    must((uintptr_t)ptr % 16 == 0);
    must((heap ? halloc_heap_usable_size(heap, ptr) : halloc_malloc_usable_size(ptr)) >= size);
    for (struct object *other = objects; other < objects + OBJECTS; other++)
        must(other == object || !other->ptr || object->ptr + size <= other->ptr ||
             other->ptr + other->size <= object->ptr);
    if (size)
        object->ptr[0] = object->ptr[size - 1] = (unsigned char)(object - objects + 1);
}

static void drop(struct object *object) {
    must(is_whole(object));
    heap ? halloc_heap_deallocate(heap, object->ptr) : halloc_free(object->ptr);
    *object = (struct object){NULL, 0};
}

static void resize(struct object *object, size_t size) {
    unsigned char mark = (unsigned char)(object - objects + 1);
    void *ptr = heap ? halloc_heap_resize(heap, object->ptr, size) : halloc_realloc(object->ptr, size);
    if (!ptr) {
        must(is_whole(object)); /* no room: the old one stays */
        return;
    }
    must(!object->size || *(unsigned char *)ptr == mark);
    keep(object, ptr, size);
}

static void call(unsigned what, struct object *object, size_t size) {
    size_t alignment = (size_t)1 << (what >> 3 & 15);
    must(is_whole(object));
    if (object->ptr && (what & 3) == 0 && size)
        resize(object, size);
    else if (object->ptr && (what & 7) == 1 && !heap && halloc_expand(object->ptr, size))
        keep(object, object->ptr, size > object->size ? size : object->size);
    else if (object->ptr)
        drop(object);
    else if ((what & 3) == 0)
        keep(object, heap ? halloc_heap_aligned(heap, alignment, size) : halloc_memalign(alignment, size),
             size);
    else if ((what & 3) == 1) {
        void *ptr = heap ? halloc_heap_zeroed(heap, 1, size) : halloc_calloc(1, size);
        for (size_t at = 0; ptr && at < size; at += 1 + size / 512) /* a look here and there: quick */
            must(((unsigned char *)ptr)[at] == 0);
        keep(object, ptr, size);
    } else
        keep(object, heap ? halloc_heap_allocate(heap, size) : halloc_malloc(size), size);
    if (!heap && what == 0xff)
        halloc_malloc_trim(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static const char *const fits[] = {"bump",  "first",      "next",  "best",
                                       "worst", "segregated", "buddy", "tlsf"};
    if (length < 5)
        return 0;
    unsigned choice = bytes[0] % 24;
    heap = NULL;
    if (choice < 16) {
        halloc_heap_options options = {.fit = fits[choice % 8], .growing = choice < 8};
        if (!options.growing) {
            options.memory = memory;
            options.memory_bytes = sizeof memory;
        }
        heap = halloc_heap_create(&options);
        must(heap);
    }
    for (size_t at = 1; at + 4 <= length; at += 4) {
        call(bytes[at], &objects[bytes[at + 1] % OBJECTS], size_of(bytes[at + 2], bytes[at + 3]));
        if (at % 256 == 1)
            check();
    }
    check();
    for (struct object *object = objects; object < objects + OBJECTS; object++)
        if (object->ptr)
            drop(object);
    check();
    if (heap)
        halloc_heap_destroy(heap);
    return 0;
}
