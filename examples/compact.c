/*
 * compact.c - a whole allocator in one file that wastes as little as it can: no block has a header.
 *
 *     gcc -O2 -shared -fPIC compact.c -o compact.so -pthread
 *     halloc replay traces/lua.htrace --with best,./compact.so --check
 *     LD_PRELOAD=./compact.so python3                        # real programs run on it as well
 *     gcc -O2 compact.c -o compact -pthread && ./compact     # it tries itself
 *
 * The heap is cut into granules of 16 bytes, and a block is one granule or more: a request of 20 bytes gets 32.
 * Other allocators write a header in front of each block. Here two bitmaps beside the heap take its place. Each
 * has one bit for each granule:
 *
 *      heap       | block     | hole              | block | block         |
 *      begins       1 0 0       1 0 0 0 0           1       1 0 0 0          a block or a hole begins here
 *      holes        0 0 0       1 0 0 0 1           0       0 0 0 0          a hole's first and its last granule
 *
 * A block ends at the next set bit of `begins`, so its size is stored nowhere. When a block is freed, `holes` tells
 * whether a hole on either side can be merged with it. Two bits a granule are 1.6 % of the heap. A header of 8
 * bytes costs as much at 500 bytes a block, and most blocks are smaller.
 *
 * No program uses the memory of a hole, so the hole's record lies in it: its size and the links of its list. The
 * last 4 bytes repeat the size. Each field counts granules in 4 bytes, so all fit into one granule.
 *
 * Which hole is taken?
 *   1. The smallest that is large enough (best fit: D. Knuth, TAOCP 1, 2.5). Lists by size keep the search short.
 *   2. If no hole is large enough, the frontier (the end of the heap) moves up by a step. A hole that reaches the
 *      frontier moves it back down. So the frontier is used last.
 *   3. Within a step, small blocks are cut from the low end and all others from the high end. When the large
 *      ones are freed, no small ones stand between them.
 * On real programs such placement leaves few holes (M. Johnstone, P. Wilson, "The Memory Fragmentation Problem:
 * Solved?", ISMM 1998). Then only headers and rounding are left to save.
 *
 * One lock serves all threads. Memory is never given back to the system.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define GRANULE 16
#define RESERVE_BYTES ((size_t)64 << 30) /* of addresses: as many granules as 4 bytes can number */
#define SMALL 4                          /* granules: blocks that go to the low end of a step */
#define STEP_MOST 256                    /* granules: a page */
#define STEP_PART 32                     /* and at most the heap divided by this */
#define STEP_FIRST 16                    /* granules: for small blocks while a large one grows behind them */

typedef uint32_t place; /* granules from the heap's start; 0 is no place */

struct hole {
    place granules, next, prev;
};

static char *heap;
static uint64_t *begins, *holes;
/* The heap is [1, top). At its largest it was [1, high). It can grow to [1, room). */
static place top = 1, high = 1, room;
static place step_begin, step_end; /* the last step */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct hole *hole_at(place at) {
    return (struct hole *)(heap + (size_t)at * GRANULE);
}

/* The size at the end of a hole. */
static place *tail_before(place end) {
    return (place *)(heap + (size_t)end * GRANULE) - 1;
}

/* --- Bitmaps ----------------------------------------------------------------------------------------- */

static bool has(const uint64_t *map, place at) {
    return map[at / 64] >> (at % 64) & 1;
}

static void set(uint64_t *map, place at, bool on) {
    uint64_t bit = (uint64_t)1 << (at % 64);
    map[at / 64] = on ? map[at / 64] | bit : map[at / 64] & ~bit;
}

/* Where the block at `at` ends: the next block's beginning, or the top, whose bit is always set. */
static place block_end(place at) {
    place word = (at + 1) / 64;
    uint64_t bits = begins[word] & ~(uint64_t)0 << ((at + 1) % 64);
    while (!bits)
        bits = begins[++word];
    return word * 64 + (place)__builtin_ctzll(bits);
}

/* --- Lists of holes ---------------------------------------------------------------------------------- */

/* One list for each size below 64 granules, and eight lists for each doubling above. */
#define EXACT 64
#define LISTS (EXACT + 8 * 26)
static place lists[LISTS];
static uint64_t used_lists[LISTS / 64 + 1];

static unsigned list_of(place granules) {
    if (granules < EXACT)
        return granules;
    unsigned log = 31 - (unsigned)__builtin_clz(granules);
    return EXACT + (log - 6) * 8 + (granules >> (log - 3)) % 8;
}

static void hole_add(place at, place granules) {
    unsigned list = list_of(granules);
    *hole_at(at) = (struct hole){granules, lists[list], 0};
    *tail_before(at + granules) = granules;
    if (lists[list])
        hole_at(lists[list])->prev = at;
    lists[list] = at;
    set(used_lists, list, true);
    set(begins, at, true);
    set(holes, at, true);
    set(holes, at + granules - 1, true);
}

/* Takes a hole off its list. Its bit in `begins` stays set. */
static void hole_remove(place at) {
    struct hole hole = *hole_at(at);
    unsigned list = list_of(hole.granules);
    *(hole.prev ? &hole_at(hole.prev)->next : &lists[list]) = hole.next;
    if (hole.next)
        hole_at(hole.next)->prev = hole.prev;
    set(used_lists, list, lists[list] != 0);
    set(holes, at, false);
    set(holes, at + hole.granules - 1, false);
}

static unsigned next_used_list(unsigned list) {
    while (list < LISTS && !has(used_lists, list))
        list = used_lists[list / 64] >> (list % 64) ? list + 1 : (list / 64 + 1) * 64;
    return list;
}

/* The smallest hole that is large enough, or 0. In a list of one size, any hole will do. */
static place hole_find(place granules) {
    place best = 0, least = UINT32_MAX;
    for (unsigned list = next_used_list(list_of(granules)); list < LISTS && !best;
         list = next_used_list(list + 1))
        for (place at = lists[list], size; at; at = hole_at(at)->next) {
            size = hole_at(at)->granules;
            if (size >= granules && size < least)
                best = at, least = size;
            if (least == granules || list < EXACT)
                break;
        }
    return best;
}

/* --- The heap ---------------------------------------------------------------------------------------- */

static void top_move(place end) {
    set(begins, top, false);
    set(begins, end, true);
    top = end;
    high = top > high ? top : high;
}

/* Makes a hole at the frontier. 0: there is no room. */
static place heap_grow(place granules) {
    place at = top;
    if (granules > room - top)
        return 0;
    top_move(top + granules);
    hole_add(at, granules);
    step_begin = at;
    step_end = top;
    return at;
}

static bool heap_begin(void) {
    for (size_t bytes = RESERVE_BYTES; !heap && bytes > (size_t)1 << 20; bytes /= 2) {
        size_t map = bytes / GRANULE / 8;
        char *start = mmap(NULL, bytes + 2 * map, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (start == MAP_FAILED)
            continue;
        madvise(start, bytes + 2 * map, MADV_NOHUGEPAGE); /* many heaps are smaller than a huge page */
        heap = start;
        begins = (uint64_t *)(start + bytes);
        holes = (uint64_t *)(start + bytes + map);
        room = (place)(bytes / GRANULE - 64);
        heap_grow(STEP_FIRST);
    }
    return heap != NULL;
}

/* [at, at + granules) merges with the holes beside it. The result is a hole, or moves the frontier down. */
static void heap_give(place at, place granules) {
    place end = at + granules;
    if (has(holes, end)) {
        place next = end;
        end += hole_at(next)->granules;
        hole_remove(next);
        set(begins, next, false);
    }
    if (has(holes, at - 1)) {
        set(begins, at, false);
        at -= *tail_before(at);
        hole_remove(at);
    }
    if (end == top)
        top_move(at);
    else
        hole_add(at, end - at);
}

static place heap_take(place granules) {
    place step = top / STEP_PART < STEP_MOST ? top / STEP_PART : STEP_MOST;
    place at = hole_find(granules);
    if (!at && !(at = heap_grow(granules > step ? granules : step)))
        return 0;
    place left = hole_at(at)->granules - granules;
    bool low = granules <= SMALL || at < step_begin || at >= step_end;
    hole_remove(at);
    if (left)
        hole_add(low ? at + granules : at, left);
    if (low)
        return at;
    set(begins, at + left, true);
    return at + left;
}

/* A block keeps its first granules and loses the others. */
static void heap_cut(place at, place granules) {
    place end = block_end(at);
    if (at + granules == end)
        return;
    set(begins, at + granules, true);
    heap_give(at + granules, end - at - granules);
}

/* A block grows in place, into the hole behind it or at the frontier. False: neither has room. */
static bool heap_expand(place at, place granules) {
    place end = block_end(at), next = has(holes, end) ? hole_at(end)->granules : 0;
    place have = end + next - at;
    if (have < granules && (at + have < top || granules - have > room - top))
        return false;
    if (next)
        hole_remove(end);
    if (have < granules)
        top_move(at + granules);
    set(begins, end, false);
    heap_cut(at, granules);
    return true;
}

/* --- Requests in bytes ------------------------------------------------------------------------------- */

static place granules_for(size_t size) { /* 0: too many */
    return size > RESERVE_BYTES - GRANULE ? 0 : size ? (place)((size + GRANULE - 1) / GRANULE) : 1;
}

static void *take(size_t size, size_t alignment) {
    place granules = granules_for(size), steps = (place)(alignment / GRANULE), at = 0;
    place spare = steps > 1 ? steps - 1 : 0;
    pthread_mutex_lock(&lock);
    if (granules && granules < UINT32_MAX - spare && (heap || heap_begin()))
        at = heap_take(granules + spare);
    if (at && spare) {
        place skip = (0 - (place)((uintptr_t)heap / GRANULE) - at) & spare;
        heap_cut(at, skip + granules);
        if (skip) {
            set(begins, at + skip, true);
            heap_give(at, skip);
        }
        at += skip;
    }
    pthread_mutex_unlock(&lock);
    if (!at)
        errno = ENOMEM;
    return at ? heap + (size_t)at * GRANULE : NULL;
}

/* The place of a block in use. Any other pointer ends the program, also one that was freed already. */
static place place_of(const void *ptr) {
    size_t offset = (size_t)((const char *)ptr - heap), at = offset / GRANULE;
    if (offset % GRANULE || !at || at >= top || !has(begins, (place)at) || has(holes, (place)at))
        abort();
    return (place)at;
}

/* --- The standard names ------------------------------------------------------------------------------ */

void *malloc(size_t size) {
    return take(size, GRANULE);
}

void free(void *ptr) {
    if (!ptr)
        return;
    pthread_mutex_lock(&lock);
    place at = place_of(ptr);
    heap_give(at, block_end(at) - at);
    pthread_mutex_unlock(&lock);
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    void *ptr = take(__builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes, GRANULE);
    return ptr ? memset(ptr, 0, bytes) : NULL;
}

size_t malloc_usable_size(void *ptr) {
    if (!ptr)
        return 0;
    pthread_mutex_lock(&lock);
    place at = place_of(ptr), granules = block_end(at) - at;
    pthread_mutex_unlock(&lock);
    return (size_t)granules * GRANULE;
}

void *realloc(void *ptr, size_t size) {
    if (!ptr)
        return take(size, GRANULE);
    place granules = granules_for(size);
    pthread_mutex_lock(&lock);
    place at = place_of(ptr), had = block_end(at) - at;
    bool stays = granules && (granules <= had || heap_expand(at, granules));
    if (stays)
        heap_cut(at, granules);
    pthread_mutex_unlock(&lock);
    void *moved = stays ? ptr : take(size, GRANULE);
    if (moved && !stays) {
        memcpy(moved, ptr, (size_t)had * GRANULE);
        free(ptr);
    }
    return moved;
}

void *aligned_alloc(size_t alignment, size_t size) {
    bool good = alignment && !(alignment & (alignment - 1)) && alignment <= RESERVE_BYTES / 2;
    return good ? take(size, alignment) : (errno = EINVAL, NULL);
}

void *memalign(size_t alignment, size_t size) {
    return aligned_alloc(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    int before = errno, error = alignment % sizeof(void *) ? EINVAL : 0;
    void *ptr = error ? NULL : aligned_alloc(alignment, size);
    if (ptr)
        *out = ptr;
    else if (!error)
        error = errno;
    errno = before;
    return error;
}

/* `halloc replay` calls this. It returns the most bytes that the heap has taken, with its bitmaps and lists. */
size_t halloc_lab_extent(void) {
    return (size_t)high * GRANULE + (size_t)high / 4 + sizeof lists + sizeof used_lists;
}

#ifndef COMPACT_NO_MAIN
/* Allocates a million blocks of random sizes, and prints how full the heap was. */
int main(void) {
    static char *blocks[5000];
    static size_t sizes[5000];
    size_t live = 0, most = 0;
    unsigned random = 1;
    for (int call = 0; call < 1000000; call++) {
        random = random * 1664525 + 1013904223;
        size_t at = random / 65536 % 5000, size = 1 + random / 256 % (1 + random / 65536 % 1000);
        free(blocks[at]);
        char *block = malloc(size);
        if (!block)
            return 1;
        live += size - sizes[at];
        most = live > most ? live : most;
        blocks[at] = block;
        sizes[at] = size;
    }
    size_t heap_bytes = halloc_lab_extent();
    printf("%zu bytes at most in 5000 blocks, in a heap of %zu: utilisation %.1f %%\n", most, heap_bytes,
           100.0 * (double)most / (double)heap_bytes);
    return 0;
}
#endif
