/*
 * misuse.c - the mistakes that a C program can make with its heap, one function each (misuse.h).
 *
 * What must come of each stands in expected.txt. The mistakes with writes have an object of the same size on either
 * side of the one that they start from, and free all three afterwards: so a checker at free has its chance.
 */
#define _GNU_SOURCE
#include "misuse.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>

#include "halloc.h"

#define PAGE 4096
#define MIB (1 << 20)

static char *take(size_t bytes) {
    char *ptr = hidden(malloc(bytes));
    if (!ptr)
        exit(3);
    return ptr;
}

/* --- Freed twice ------------------------------------------------------------------------------------- */

static void double_free(size_t bytes) {
    char *ptr = take(bytes);
    free(ptr);
    free(hidden(ptr));
}

static void double_free_after_another(size_t bytes) {
    char *ptr = take(bytes), *other = take(bytes);
    free(ptr);
    free(other);
    free(hidden(ptr));
}

static void double_free_after_many(size_t bytes) {
    enum { MANY = 500 };
    char *ptrs[MANY];
    for (size_t index = 0; index < MANY; index++)
        ptrs[index] = take(bytes);
    for (size_t index = 0; index < MANY; index++)
        free(ptrs[index]);
    free(hidden(ptrs[MANY / 2]));
}

static void double_free_after_a_write(size_t bytes) {
    char *ptr = take(bytes);
    free(ptr);
    memset(hidden(ptr), 'A', bytes);
    free(hidden(ptr));
}

/* The second owner loses its object; only its own free is the second of two. */
static void double_free_after_reuse(size_t bytes) {
    char *ptr = take(bytes);
    free(ptr);
    char *next = take(bytes);
    free(hidden(ptr));
    free(hidden(next));
}

static void *free_there(void *ptr) {
    free(hidden(ptr));
    return NULL;
}

static void freed_by_another_thread(char *ptr) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, free_there, ptr) != 0 || pthread_join(thread, NULL) != 0)
        exit(3);
}

/* The first thread makes libc allocate what a later one uses again: nothing else takes the freed place. */
static void double_free_second_by_another_thread(size_t bytes) {
    freed_by_another_thread(NULL);
    char *ptr = take(bytes);
    free(ptr);
    freed_by_another_thread(ptr);
}

static void double_free_first_by_another_thread(size_t bytes) {
    char *ptr = take(bytes);
    freed_by_another_thread(ptr);
    free(hidden(ptr));
}

static void double_free_by_two_other_threads(size_t bytes) {
    char *ptr = take(bytes);
    freed_by_another_thread(ptr);
    freed_by_another_thread(ptr);
}

/* The first thread still lives, and may not have handed its free over yet. */
static pthread_barrier_t freed, over;

static void *free_and_wait(void *ptr) {
    free(hidden(ptr));
    pthread_barrier_wait(&freed);
    pthread_barrier_wait(&over);
    return NULL;
}

static void double_free_while_the_first_thread_waits(size_t bytes) {
    pthread_t thread;
    char *ptr = take(bytes);
    pthread_barrier_init(&freed, NULL, 2);
    pthread_barrier_init(&over, NULL, 2);
    if (pthread_create(&thread, NULL, free_and_wait, ptr) != 0)
        exit(3);
    pthread_barrier_wait(&freed);
    free(hidden(ptr));
    pthread_barrier_wait(&over);
    pthread_join(thread, NULL);
}

/* --- Freed, but never given out ------------------------------------------------------------------------ */

static char a_global[2 * PAGE];

static void free_of_the_inside(size_t bytes) {
    free(hidden(take(bytes) + 16));
}

static void free_of_the_middle(size_t bytes) {
    free(hidden(take(bytes) + (bytes / 2 & ~(size_t)15)));
}

static void free_misaligned(size_t bytes) {
    free(hidden(take(bytes) + 1));
}

static void free_of_the_stack(size_t bytes) {
    char local[64] = {(char)bytes};
    free(hidden(local + 16));
}

static void free_of_a_global(size_t bytes) {
    free(hidden(a_global + bytes % PAGE));
}

static void free_of_code(size_t bytes) {
    (void)bytes;
    free(hidden((void *)(size_t)free_of_code));
}

/* Behind the last object of its size that was given out. */
static void free_of_a_slot_never_given(size_t bytes) {
    char *ptr = take(bytes);
    free(hidden(ptr + malloc_usable_size(ptr)));
}

static void free_of_unmapped_memory(size_t bytes) {
    char *map = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(map, bytes);
    free(hidden(map));
}

static void free_of_a_wild_pointer(size_t bytes) {
    (void)bytes;
    free(hidden((void *)0x4141414141414140));
}

static void free_of_a_number(size_t bytes) {
    free(hidden((void *)bytes));
}

/* --- Another heap's -------------------------------------------------------------------------------------- */

static void free_of_libc_s(size_t bytes) {
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    void *(*libc_malloc)(size_t) = libc ? (void *(*)(size_t))dlsym(libc, "malloc") : NULL;
    void *ptr = libc_malloc ? libc_malloc(bytes) : NULL;
    if (!ptr)
        exit(3);
    free(hidden(ptr));
}

static halloc_heap *new_heap(void) {
    halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.growing = true});
    if (!heap)
        exit(3);
    return heap;
}

static void free_of_a_heap_s(size_t bytes) {
    free(hidden(halloc_heap_allocate(new_heap(), bytes)));
}

static void heap_free_of_the_process_s(size_t bytes) {
    halloc_heap_deallocate(new_heap(), hidden(take(bytes)));
}

static void heap_free_of_another_heap_s(size_t bytes) {
    void *ptr = halloc_heap_allocate(new_heap(), bytes);
    halloc_heap_deallocate(new_heap(), hidden(ptr));
}

/* --- Past the end, before the start ----------------------------------------------------------------------- */

/* An object with neighbours; `touch` gets it, and how far behind its end or before its start to go. */
static void with_neighbours(size_t bytes, void (*touch)(char *ptr, size_t bytes)) {
    char *before = take(bytes), *ptr = take(bytes), *behind = take(bytes);
    touch(ptr, bytes);
    free(hidden(ptr));
    free(hidden(before));
    free(hidden(behind));
}

static void change(char *at) {
    *(volatile char *)hidden(at) ^= 'A'; /* never what was there */
}

static void look(char *at) {
    (void)*(volatile char *)hidden(at);
}

static size_t slot_of(char *ptr) {
    return malloc_usable_size(ptr);
}

#define PAST(name, touch, distance)                                                                          \
    static void touch##_past_by_##name(char *ptr, size_t bytes) {                                            \
        touch(ptr + bytes - 1 + (distance));                                                                 \
    }                                                                                                        \
    static void touch##_before_by_##name(char *ptr, size_t bytes) {                                          \
        (void)bytes;                                                                                         \
        touch(ptr - (distance));                                                                             \
    }                                                                                                        \
    static void touch##_past_the_end_by_##name(size_t bytes) {                                               \
        with_neighbours(bytes, touch##_past_by_##name);                                                      \
    }                                                                                                        \
    static void touch##_before_the_start_by_##name(size_t bytes) {                                           \
        with_neighbours(bytes, touch##_before_by_##name);                                                    \
    }
#define PAST_BOTH(name, distance) PAST(name, change, distance) PAST(name, look, distance)
PAST_BOTH(1, 1)
PAST_BOTH(8, 8)
PAST_BOTH(a_slot, slot_of(ptr))
PAST_BOTH(a_page, PAGE)
PAST_BOTH(a_mib, MIB)

/* --- After free --------------------------------------------------------------------------------------------- */

static void read_after_free(size_t bytes) {
    char *ptr = take(bytes);
    memset(ptr, 'A', bytes);
    free(ptr);
    look(ptr + bytes / 2);
}

static void write_after_free(size_t bytes) {
    char *ptr = take(bytes);
    free(ptr);
    memset(hidden(ptr), 'A', bytes);
}

static void write_after_free_then_malloc(size_t bytes) {
    write_after_free(bytes);
    for (int times = 0; times < 3; times++)
        memset(take(bytes), 'B', bytes);
}

/* Until the freed place has been given out again, wherever that is. */
static void write_after_free_then_reuse(size_t bytes) {
    write_after_free(bytes);
    for (int times = 0; times < 20000; times++)
        free(take(bytes));
}

/* One byte, far from the start: neither the link nor the mark is hit. */
static void late_write_after_free_then_malloc(size_t bytes) {
    char *ptr = take(bytes);
    free(ptr);
    change(ptr + bytes - 1);
    for (int times = 0; times < 3; times++)
        memset(take(bytes), 'B', bytes);
}

/* The classic attack: the next but one malloc gives out an address that the writer chose. */
static void forged_link(size_t bytes) {
    char *ptr = take(bytes), *other = take(bytes);
    free(other);
    free(ptr);
    *(void **)hidden(ptr) = a_global + 64;
    for (int times = 0; times < 3; times++)
        if (take(bytes) == a_global + 64)
            puts("malloc gave out a global variable");
}

static void realloc_after_free(size_t bytes) {
    char *ptr = take(bytes);
    free(ptr);
    hidden(realloc(hidden(ptr), bytes + 100));
}

static void usable_size_after_free(size_t bytes) {
    char *ptr = take(bytes);
    free(ptr);
    hidden((void *)malloc_usable_size(hidden(ptr)));
}

static void expand_after_free(size_t bytes) {
    char *ptr = take(bytes);
    free(ptr);
    halloc_expand(hidden(ptr), bytes + 1);
}

/* realloc moved it, and the old pointer lives on. */
static void free_after_realloc(size_t bytes) {
    char *ptr = take(bytes), *wall = take(bytes);
    char *moved = hidden(realloc(ptr, 20 * bytes + 100000));
    if (moved == ptr || !wall)
        exit(3);
    free(hidden(ptr));
}

/* --- Nothing at all, too much, and wrong words --------------------------------------------------------------- */

static void write_to_nothing(size_t bytes) {
    (void)bytes;
    change(take(0));
}

static void read_of_nothing(size_t bytes) {
    (void)bytes;
    look(take(0));
}

static void double_free_of_nothing(size_t bytes) {
    (void)bytes;
    double_free(0);
}

static void expect_none(void *ptr) {
    if (!hidden(ptr)) {
        puts("refused");
        exit(0);
    }
}

static void calloc_that_overflows(size_t bytes) {
    expect_none(calloc((size_t)-1 / bytes + 2, bytes));
}

static void reallocarray_that_overflows(size_t bytes) {
    expect_none(reallocarray(take(bytes), (size_t)-1 / bytes + 2, bytes));
}

static void malloc_of_a_negative_number(size_t bytes) {
    expect_none(malloc((size_t)0 - bytes));
}

static void realloc_of_the_inside(size_t bytes) {
    hidden(realloc(hidden(take(bytes) + 16), bytes + 100));
}

static void usable_size_of_the_inside(size_t bytes) {
    hidden((void *)malloc_usable_size(hidden(take(bytes) + 16)));
}

static void free_sized_of_a_wrong_size(size_t bytes) {
    halloc_free_sized(hidden(take(bytes)), 3 * bytes);
}

static void free_aligned_sized_of_a_wrong_alignment(size_t bytes) {
    char *ptr = take(bytes);
    halloc_free_aligned_sized(hidden(ptr), (size_t)1 << 20, bytes);
}

#define KIND(name)                                                                                           \
    { #name, name }
#define KINDS_PAST(name)                                                                                     \
    KIND(change_past_the_end_by_##name), KIND(change_before_the_start_by_##name),                            \
        KIND(look_past_the_end_by_##name), KIND(look_before_the_start_by_##name)

static const struct kind kinds[] = {
    KIND(double_free),
    KIND(double_free_after_another),
    KIND(double_free_after_many),
    KIND(double_free_after_a_write),
    KIND(double_free_after_reuse),
    KIND(double_free_second_by_another_thread),
    KIND(double_free_first_by_another_thread),
    KIND(double_free_by_two_other_threads),
    KIND(double_free_while_the_first_thread_waits),
    KIND(free_of_the_inside),
    KIND(free_of_the_middle),
    KIND(free_misaligned),
    KIND(free_of_the_stack),
    KIND(free_of_a_global),
    KIND(free_of_code),
    KIND(free_of_a_slot_never_given),
    KIND(free_of_unmapped_memory),
    KIND(free_of_a_wild_pointer),
    KIND(free_of_a_number),
    KIND(free_of_libc_s),
    KIND(free_of_a_heap_s),
    KIND(heap_free_of_the_process_s),
    KIND(heap_free_of_another_heap_s),
    KINDS_PAST(1),
    KINDS_PAST(8),
    KINDS_PAST(a_slot),
    KINDS_PAST(a_page),
    KINDS_PAST(a_mib),
    KIND(read_after_free),
    KIND(write_after_free),
    KIND(write_after_free_then_malloc),
    KIND(write_after_free_then_reuse),
    KIND(late_write_after_free_then_malloc),
    KIND(forged_link),
    KIND(realloc_after_free),
    KIND(usable_size_after_free),
    KIND(expand_after_free),
    KIND(free_after_realloc),
    KIND(write_to_nothing),
    KIND(read_of_nothing),
    KIND(double_free_of_nothing),
    KIND(calloc_that_overflows),
    KIND(reallocarray_that_overflows),
    KIND(malloc_of_a_negative_number),
    KIND(realloc_of_the_inside),
    KIND(usable_size_of_the_inside),
    KIND(free_sized_of_a_wrong_size),
    KIND(free_aligned_sized_of_a_wrong_alignment),
};

int main(int argc, char **argv) {
    return misuse_main(argc, argv, kinds, sizeof kinds / sizeof *kinds);
}
