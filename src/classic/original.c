/*
 * original.c - the five functions that Halloc began as, on one classic heap.
 *
 *      halloc_allocate     =  findFreeBlock, splitBlock, mark in use
 *      halloc_deallocate   =  mark free, merge with both neighbours
 *
 * Read here first; then engine_take and engine_give in block.c, which do this for every heap, malloc's too.
 */
#include "heap.h"

#include "../platform/conf.h"

INTERNAL_DEFINE struct lock original_lock = LOCK_INIT(RANK_ORIGINAL);
static halloc_heap *default_heap;

HALLOC_API halloc_heap *halloc_default_heap(void) {
    return load_acquire(&default_heap);
}

/* Makes the first heap, of this many pages; 0: a growing one. Returns an errno, or 0. */
static int make_heap(size_t pages) {
    int error = 0;
    lock_acquire(&original_lock);
    conf_load();
    if (default_heap) {
        error = EEXIST;
    } else if (pages > SIZE_MAX / platform_page_bytes()) {
        error = EOVERFLOW;
    } else {
        const char *fit = conf.fit ? conf.fit->name : NULL;
        halloc_heap_options options = {.fit = fit, .growing = pages == 0, .pages = pages};
        store_release(&default_heap, halloc_heap_create(&options));
        error = default_heap ? 0 : errno;
    }
    lock_release(&original_lock);
    return error;
}

static const char *why_no_heap(int error) {
    switch (error) {
    case EINVAL: return "a heap needs at least one page; nothing was changed";
    case EEXIST: return "there is a heap already; it was left as it is";
    case EOVERFLOW: return "so many pages are more bytes than an address can count";
    default: return "the system has not so much memory to give";
    }
}

HALLOC_API void halloc_initializeHeap(size_t numPages) {
    int error = numPages ? make_heap(numPages) : EINVAL;
    if (error)
        print_line("halloc: halloc_initializeHeap: %s", why_no_heap(error));
    errno = error;
}

HALLOC_API void *halloc_allocate(size_t size) {
    if (size == 0)
        return fail_with(EINVAL);
    if (unlikely(!halloc_default_heap()))
        make_heap(0); /* which sets errno when there is no memory */
    halloc_heap *heap = halloc_default_heap();
    return heap ? halloc_heap_allocate(heap, size) : NULL;
}

HALLOC_API void halloc_deallocate(void *ptr) {
    if (!ptr)
        return;
    halloc_heap *heap = halloc_default_heap();
    if (heap)
        heap_free(heap, ptr, "halloc_deallocate");
    else
        fatal("halloc_deallocate", FAULT_FOREIGN, ptr);
}

HALLOC_API MemoryBlock *halloc_findFreeBlock(size_t size) {
    halloc_heap *heap = halloc_default_heap();
    if (!heap || size == 0)
        return NULL;
    lock_acquire(&heap->lock);
    MemoryBlock *block = engine_find(&heap->engine, size);
    lock_release(&heap->lock);
    return block;
}

HALLOC_API void halloc_splitBlock(MemoryBlock *block, size_t size) {
    if (!block)
        return;
    halloc_heap *heap = halloc_default_heap();
    if (!heap)
        return fatal("splitBlock", FAULT_FOREIGN, block);
    const char *payload = (const char *)((uintptr_t)block + heap->engine.header_bytes);
    lock_acquire(&heap->lock);
    bool ours = heap_contains(heap, block) && heap_contains(heap, payload);
    MemoryBlock *genuine = ours ? engine_block_at(&heap->engine, payload) : NULL;
    if (genuine && size)
        engine_split(&heap->engine, genuine, size);
    lock_release(&heap->lock);
    if (!genuine)
        fatal("splitBlock", ours ? FAULT_NO_BLOCK : FAULT_FOREIGN, block);
}

#if defined(HALLOC_SINGLE_FILE) && !defined(HALLOC_LIBRARY)
HALLOC_API MemoryBlock *findFreeBlock(size_t size) __attribute__((alias("halloc_findFreeBlock")));
HALLOC_API void splitBlock(MemoryBlock *block, size_t size) __attribute__((alias("halloc_splitBlock")));
#endif
