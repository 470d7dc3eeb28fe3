/*
 * test_limit.c - limits of what the heap holds: what counts, what is tried before a request fails, the program's hook;
 * and what the kernel's files say of a container, from files that are made up here.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* before the first header */
#endif
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

static int create_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*act)(void *),
                         void *argument);
#define ENDED 40             /* the program was ended in earnest */
#define syscall fake_syscall /* cgroup.c reads the kernel's files by it */
#define exit(status) _exit(ENDED + (status))
#define pthread_create(thread, attributes, act, argument) create_thread(thread, attributes, act, argument)
#include "fresh.h"
#undef syscall
#undef exit
#undef pthread_create

#include <sys/syscall.h>

/* --- The kernel's files --------------------------------------------------------------------------------- */

#define FILES_FROM 5000 /* descriptors of files that exist only here */

static const struct file { const char *path, *text; } * files;

static size_t looks; /* at the process's cgroup */

static size_t others_bytes; /* what the container uses beside this heap, where a file's text is "current" */

static size_t heap_resident(void) {
    return platform_resident(region.base, (size_t)(region.engine.top - region.base));
}

static long open_file(const char *path) {
    if (!files)
        return raw_system_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY, 0, 0, 0);
    looks += strcmp(path, "/proc/self/cgroup") == 0;
    for (long index = 0; files[index].path; index++)
        if (strcmp(files[index].path, path) == 0)
            return FILES_FROM + index;
    return -1;
}

static long read_file(long fd, char *text, size_t bytes) {
    const char *from = files[fd - FILES_FROM].text;
    char current[40];
    snprintf(current, sizeof current, "%zu\n", others_bytes + heap_resident());
    if (strcmp(from, "current") == 0)
        from = current;
    size_t length = min_size(strlen(from), bytes);
    memcpy(text, from, length);
    return (long)length;
}

static void (*on_sleep)(void); /* instead of sleep */

long fake_syscall(long number, ...) {
    va_list list;
    va_start(list, number);
    long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
    va_end(list);
    if (number == SYS_openat)
        return open_file((const char *)b);
    if (number == SYS_nanosleep)
        return on_sleep(), 0;
    if (a >= FILES_FROM)
        return number == SYS_read ? read_file(a, (char *)b, (size_t)c) : 0;
    return raw_system_call(number, a, b, c, 0, 0, 0);
}

#define M "1048576"
#define NO_LIMIT_OF_V1 "9223372036854771712\n"

static void rooms_are_as_the_files_say(void **state UNUSED) {
    static const struct {
        struct file files[8];
        size_t room;
    } cases[] = {
        /* 100 MiB, of which 3.125 are left for others, and 40 are used */
        {{{"/proc/self/cgroup", "0::/a\n"},
          {"/sys/fs/cgroup/a/memory.max", "104857600\n"},
          {"/sys/fs/cgroup/a/memory.current", "41943040\n"}},
         100 * MIB - 100 * MIB / 32 - 40 * MIB},
        /* The cache of files goes when memory is needed. */
        {{{"/proc/self/cgroup", "0::/a\n"},
          {"/sys/fs/cgroup/a/memory.max", "104857600\n"},
          {"/sys/fs/cgroup/a/memory.current", "41943040\n"},
          {"/sys/fs/cgroup/a/memory.stat",
           "anon 5\nfile 5\nworkingset_inactive_file 9\ninactive_file 1048576\n"}},
         100 * MIB - 100 * MIB / 32 - 39 * MIB},
        /* Also what was read twice: the kernel takes that, too. */
        {{{"/proc/self/cgroup", "0::/a\n"},
          {"/sys/fs/cgroup/a/memory.max", "104857600\n"},
          {"/sys/fs/cgroup/a/memory.current", "41943040\n"},
          {"/sys/fs/cgroup/a/memory.stat", "file 5\ninactive_file 1048576\nactive_file 2097152\n"}},
         100 * MIB - 100 * MIB / 32 - 37 * MIB},
        {{{"/proc/self/cgroup", "0::/a\n"},
          {"/sys/fs/cgroup/a/memory.max", "104857600\n"},
          {"/sys/fs/cgroup/a/memory.current", "1048576\n"}, /* a moment later */
          {"/sys/fs/cgroup/a/memory.stat", "file 5\ninactive_file 1048570\nactive_file 1048570\n"}},
         100 * MIB - 100 * MIB / 32},
        {{{"/proc/self/cgroup", "0::/a\n"}, /* it is nothing but cache */
          {"/sys/fs/cgroup/a/memory.max", "104857600\n"},
          {"/sys/fs/cgroup/a/memory.current", "1048576\n"},
          {"/sys/fs/cgroup/a/memory.stat", "file 5\ninactive_file 1048576\nactive_file 0\n"}},
         100 * MIB - 100 * MIB / 32},
        {{{"/proc/self/cgroup", "0::/a\n"},
          {"/sys/fs/cgroup/a/memory.max", "104857600\n"},
          {"/sys/fs/cgroup/a/memory.current", "1048576\n"},
          {"/sys/fs/cgroup/a/memory.stat", "file 5\ninactive_file 0\nactive_file 1048576\n"}},
         100 * MIB - 100 * MIB / 32},
        /* Version 1 has its own figures, and those of all folders below as well. */
        {{{"/proc/self/cgroup", "5:memory:/a\n"},
          {"/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "104857600\n"},
          {"/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "41943040\n"},
          {"/sys/fs/cgroup/memory/a/memory.stat",
           "inactive_file 5\nactive_file 5\ntotal_inactive_file 1048576\ntotal_active_file 2097152\n"}},
         100 * MIB - 100 * MIB / 32 - 37 * MIB},
        /* A folder above has less left, or the top one; those between have no limit. */
        {{{"/proc/self/cgroup", "1:name=systemd:/x\n0::/a/b/c\n"},
          {"/sys/fs/cgroup/a/b/c/memory.max", "max\n"},
          {"/sys/fs/cgroup/a/b/c/memory.current", "100\n"},
          {"/sys/fs/cgroup/a/memory.max", "104857600\n"},
          {"/sys/fs/cgroup/a/memory.current", "41943040\n"}},
         100 * MIB - 100 * MIB / 32 - 40 * MIB},
        {{{"/proc/self/cgroup", "0::/\n"},
          {"/sys/fs/cgroup/memory.max", "104857600\n"},
          {"/sys/fs/cgroup/memory.current", "41943040\n"}},
         100 * MIB - 100 * MIB / 32 - 40 * MIB},
        /* More is used than may be. */
        {{{"/proc/self/cgroup", "0::/a\n"},
          {"/sys/fs/cgroup/a/memory.max", "1000\n"},
          {"/sys/fs/cgroup/a/memory.current", "41943040\n"}},
         0},
        /* Version 1, where the second line would be version 2's. */
        {{{"/proc/self/cgroup", "5:memory:/a\n0::/b\n"},
          {"/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "104857600\n"},
          {"/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "41943040\n"},
          {"/sys/fs/cgroup/memory/memory.limit_in_bytes", NO_LIMIT_OF_V1},
          {"/sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n"},
          {"/sys/fs/cgroup/b/memory.max", "5\n"},
          {"/sys/fs/cgroup/b/memory.current", "5\n"}},
         100 * MIB - 100 * MIB / 32 - 40 * MIB},
        /* What is used can't be read: no descriptor is left, say. */
        {{{"/proc/self/cgroup", "0::/a\n"}, {"/sys/fs/cgroup/a/memory.max", "104857600\n"}}, SIZE_MAX},
        /* No limit anywhere, and no files at all. */
        {{{"/proc/self/cgroup", "0::/a\n"}, {"/sys/fs/cgroup/a/memory.max", "max\n"}}, SIZE_MAX},
        {{{"/proc/self/cgroup", "0::/a\n"},
          {"/sys/fs/cgroup/a/memory.max", "max\n"},
          {"/sys/fs/cgroup/a/memory.current", "5\n"}},
         SIZE_MAX},
        {{{"/proc/self/cgroup", "0::/a\n"}}, SIZE_MAX},
        {{{"/nothing", ""}}, SIZE_MAX},
    };
    for (size_t index = 0; index < COUNT(cases); index++) {
        files = cases[index].files;
        size_t room = cgroup_room();
        files = NULL;
        if (room != cases[index].room)
            fail_msg("case %zu: %zu bytes, not %zu", index, room, cases[index].room);
    }
}

/* Where the beginning names no cgroup, more of version 1 stood behind it. A system without the file is version 2's. */
static void a_long_or_missing_list_of_cgroups_tells_the_version(void **state UNUSED) {
    static char controllers[2 * TEXT_BYTES];
    while (strlen(controllers) < TEXT_BYTES)
        strcat(controllers, "9:cpu,cpuacct:/a/folder/of/the/container\n");
    const struct file long_list[] = {{"/proc/self/cgroup", controllers},
                                     {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "104857600\n"},
                                     {"/sys/fs/cgroup/memory/memory.usage_in_bytes", "41943040\n"},
                                     {NULL, NULL}};
    static const struct file no_list[] = {{"/sys/fs/cgroup/memory.max", "104857600\n"},
                                          {"/sys/fs/cgroup/memory.current", "41943040\n"},
                                          {NULL, NULL}};
    files = long_list;
    size_t of_long_list = cgroup_room();
    files = no_list;
    size_t of_no_list = cgroup_room();
    files = NULL;
    assert_int_equal(of_long_list, 100 * MIB - 100 * MIB / 32 - 40 * MIB);
    assert_int_equal(of_no_list, of_long_list);
}

static void a_text_ends_inside_of_its_room(void **state UNUSED) {
    static const struct file names[] = {{"/name", "abcdefgh"}, {NULL, NULL}};
    char text[8] = ".......";
    files = names;
    text_of_file("/name", text, 5);
    assert_memory_equal(text, "abcd\0..", 8);
    text_of_file("/none", text, 5);
    files = NULL;
    assert_string_equal(text, "");
}

/* --- What is held ----------------------------------------------------------------------------------------- */

static void live_at_the_limit(void) {
    enum { OBJECTS = 300 };
    static void *object[OBJECTS];
    uint64_t random = 1;
    size_t failures = 0, served = 0;
    for (int turn = 0; turn < 20000; turn++) {
        size_t index = random_below(&random, OBJECTS), size = random_size(&random, 2 * MIB);
        void *moved = random_below(&random, 3) ? halloc_realloc(object[index], size) : NULL;
        if (moved) {
            memset(object[index] = moved, 1, min_size(size, 100));
        } else {
            halloc_free(object[index]);
            object[index] = halloc_malloc(size);
        }
        failures += !object[index];
        served += object[index] != NULL;
        child_assert(turn % 2000 || heap_resident() <= 24 * MIB);
        if (failures > 20 && served > 1000)
            for (index = failures = 0; index < OBJECTS; object[index++] = NULL)
                halloc_free(object[index]);
    }
    child_assert(served > 10000);
}

static void the_heap_never_holds_more_than_its_limit(void **state UNUSED) {
    in_fresh_heaps(live_at_the_limit, "limit:24M");
    in_fresh_heaps(live_at_the_limit, "limit:24M,purge:off");
}

/* A limit costs nothing that the program could have: all but a little of it can be in use. */
static void take_nearly_all(void) {
    size_t count = 0;
    void *last = NULL;
    errno = 0;
    for (void *block; (block = halloc_malloc(MIB)); last = block)
        count++;
    size_t walls = conf.harden ? 2 * max_size(UNIT_BYTES, platform_page_bytes()) : 0;
    child_assert(errno == ENOMEM && count >= 64 * MIB / (MIB + walls) - 1 - !walls && count <= 64);
    child_assert(!halloc_malloc(MIB) && !halloc_calloc(1, MIB) && !halloc_aligned_alloc(4096, MIB));
    child_assert(conf.harden || (halloc_realloc(last, 40 * KIB) == last &&
                                 halloc_malloc(900 * KIB))); /* what shrinks gives */
}

static void nearly_all_of_the_limit_can_be_in_use(void **state UNUSED) {
    in_fresh_heaps(take_nearly_all, "limit:64M");
    in_fresh_heaps(take_nearly_all, "limit:64M,harden:on");
}

/* What a thread's slabs do not need yet does not count: a hundred threads that freed all they took have taken 170 MiB
 * of slabs, and written to 25. */
static void *take_one_of_each(void *barrier) {
    for (unsigned size_class = 0; slot_bytes(size_class) <= 8 * KIB; size_class++)
        child_assert(slot_bytes(size_class) < 32 || memset(halloc_malloc(slot_bytes(size_class)), 1, 1));
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    return NULL;
}

static size_t unwritten_bytes(void) {
    size_t bytes = 0;
    for (const MemoryBlock *block = region.engine.first; block; block = block->next) {
        const struct slab *slab = unit_of(block_payload(&region.engine, block));
        bytes += !block->isFree && slab->kind == UNIT_SLAB && slab->is_unwritten
                     ? slab_bytes(slab) - written_bytes(slab, slab_carved(slab))
                     : 0;
    }
    return bytes;
}

static void let_threads_take_a_little(void) {
    enum { THREADS = 100 };
    pthread_t thread[THREADS];
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (size_t index = 0; index < THREADS; index++)
        child_assert(pthread_create(&thread[index], NULL, take_one_of_each, &barrier) == 0);
    pthread_barrier_wait(&barrier);
    child_assert(region.engine.used_bytes > 100 * MIB && halloc_malloc(10 * MIB));
    child_assert(region.unwritten_bytes == unwritten_bytes() && unwritten_bytes() > 60 * MIB);
    child_assert(heap_resident() <= region_resident_bytes() && region_resident_bytes() <= 100 * MIB);
    pthread_barrier_wait(&barrier);
    for (size_t index = 0; index < THREADS; index++)
        pthread_join(thread[index], NULL);
    child_assert(region.unwritten_bytes == unwritten_bytes());
    while (halloc_malloc(500)) /* uses what is not carved, up to the limit */
        ;
    child_assert(region.unwritten_bytes == unwritten_bytes() && heap_resident() <= 100 * MIB);
    child_assert(region_resident_bytes() >= 99 * MIB);
}

/* A slab of which no more may be carved passes for full: also one with a single slot, and one with none. */
static void carve_at_the_limit(void) {
    char *only = halloc_malloc(8 * KIB);
    conf.limit_bytes = region_resident_bytes();
    child_assert(only && !halloc_malloc(8 * KIB) && slab_of(only)->state == SLAB_FULL);
    halloc_free(only);
    const char *broken;
    child_assert(halloc_process_check(&broken) && halloc_malloc(8 * KIB) == only);
    unsigned size_class = size_class_of(1000);
    conf.limit_bytes = 64 * MIB;
    struct slab *slab = slab_make(size_class, cache_own);
    slab_activate(slab, &cache_own->list[size_class]);
    cache_own->active[size_class] = slab;
    conf.limit_bytes = region_resident_bytes();
    child_assert(!halloc_malloc(1000) && slab->kind == UNIT_NONE && halloc_process_check(&broken));
    conf.limit_bytes = 64 * MIB;
    child_assert(halloc_malloc(1000) && region.unwritten_bytes == unwritten_bytes());
}

static void what_slabs_do_not_need_yet_does_not_count(void **state UNUSED) {
    in_fresh_heap(let_threads_take_a_little, "limit:100M");
    in_fresh_heap(carve_at_the_limit, "limit:64M");
}

/* --- What is tried ---------------------------------------------------------------------------------------- */

static size_t calls, asked, nested;
static void *cached[64];
static void *hook_argument_seen;

static void free_spare(size_t bytes, void *argument) {
    calls++;
    asked = bytes;
    hook_argument_seen = argument;
    child_assert(!locks_are_in_hand());
    for (size_t index = 0; index < COUNT(cached); index++) {
        halloc_free(cached[index]);
        cached[index] = NULL;
    }
    halloc_free(halloc_malloc(100));
}

static void fill_with_spare(size_t bytes) {
    for (size_t index = 0; index < bytes / MIB; index++)
        child_assert((cached[index] = memset(halloc_malloc(MIB), 1, MIB)));
}

/* 30 MiB that the program freed are in pieces, of which none is large enough. */
static void purge_before_the_hook(void) {
    halloc_set_limit_hook(free_spare, NULL);
    fill_with_spare(60 * MIB);
    for (size_t index = 0; index < 60; index += 2) {
        halloc_free(cached[index]);
        cached[index] = NULL;
    }
    char *large = halloc_malloc(20 * MIB);
    child_assert(large && calls == 0);
    memset(large, 1, 20 * MIB);
    child_assert(region_resident_bytes() <= 64 * MIB);
}

/* Blocks that the thread's cache keeps are in use to the region: they go back as well. */
static void empty_the_cache(void) {
    halloc_set_limit_hook(free_spare, NULL);
    for (size_t index = 0; index < LARGE_CACHE_PLACES; index++)
        child_assert((cached[index] = halloc_malloc(100 * KIB)));
    while (region_may_hold(400 * KIB))
        child_assert(region_take(128 * KIB, 1));
    for (size_t index = 0; index < LARGE_CACHE_PLACES; index++)
        halloc_free(cached[index]);
    memset(cached, 0, sizeof cached);
    child_assert(cache_own->large.count == LARGE_CACHE_PLACES && halloc_malloc(700 * KIB) && calls == 0);
}

/* Without a limit it is the region that is full. */
static void fill_the_region(void) {
    for (size_t index = 0; index < LARGE_CACHE_PLACES; index++)
        child_assert((cached[index] = halloc_malloc(100 * KIB)));
    while (halloc_malloc(100 * KIB))
        ;
    for (size_t index = 0; index < LARGE_CACHE_PLACES; index++)
        halloc_free(cached[index]);
    child_assert(cache_own->large.count == LARGE_CACHE_PLACES && !halloc_malloc(17 * MIB));
    child_assert(cache_own->large.count == LARGE_CACHE_PLACES); /* nothing could help that */
    child_assert(halloc_malloc(600 * KIB) && cache_own->large.count == 0);
}

/* The pool keeps empty slabs, and they lie in the way. */
static void fill_with_slots(void) {
    static char *slots[20 * MIB / 1024];
    size_t count = 15 * MIB / 1024;
    for (size_t index = 0; index < count; index++)
        child_assert((slots[index] = halloc_malloc(1024)));
    for (size_t index = 0; index < count; index++) /* first those in the middle */
        halloc_free(slots[(index + count / 2) % count]);
    child_assert(pools[size_class_of(1024)].count > 0);
    child_assert(!region.is_short && halloc_malloc(15 * MIB) && region.is_short);
}

static void free_memory_goes_back_before_a_request_fails(void **state UNUSED) {
    in_fresh_heaps(purge_before_the_hook, "limit:64M");
    in_fresh_heaps(purge_before_the_hook, "limit:64M,purge:off");
    in_fresh_heap(empty_the_cache, "limit:64M");
    in_fresh_heap(fill_the_region, "reserve:16M");
    in_fresh_heap(fill_with_slots, "reserve:16M");
}

/* Where addresses are short, pages that go back give none. But what a hook frees goes back as well. */
static void purge_for_the_hook_alone(void) {
    while (halloc_malloc(MIB))
        ;
    uint64_t before = counters->purges;
    child_assert(!halloc_malloc(MIB) && counters->purges == before);
    halloc_set_limit_hook(free_spare, NULL);
    child_assert(!halloc_malloc(MIB) && calls == 1 && counters->purges > before);
}

static void let_the_hook_free(void) {
    halloc_set_limit_hook(free_spare, &calls);
    fill_with_spare(60 * MIB);
    child_assert(halloc_malloc(20 * MIB) && calls == 1 && asked == 20 * MIB && hook_argument_seen == &calls);
    char *grows = halloc_malloc(MIB);
    fill_with_spare(40 * MIB);
    child_assert((grows = halloc_realloc(grows, 20 * MIB)) && calls == 2 && asked == 20 * MIB);
    halloc_free(grows);
    fill_with_spare(40 * MIB);
    size_t small = 0;
    while (halloc_malloc(1000) && calls == 2)
        small++;
    child_assert(calls == 3 && asked == 1000 && small > 2000);
}

static void a_request_succeeds_with_what_the_hook_frees(void **state UNUSED) {
    in_fresh_heaps(let_the_hook_free, "limit:64M");
    in_fresh_heaps(let_the_hook_free, "reserve:64M"); /* a hook helps without a limit, too */
    in_fresh_heap(purge_for_the_hook_alone, "reserve:64M");
}

static void free_nothing(size_t bytes UNUSED, void *argument UNUSED) {
    calls++;
    nested += !halloc_malloc(40 * MIB); /* fails as well, and does not come here */
}

static void let_the_hook_fail(void) {
    halloc_set_limit_hook(free_nothing, NULL);
    fill_with_spare(40 * MIB);
    errno = 0;
    child_assert(!halloc_malloc(30 * MIB) && errno == ENOMEM && calls == 1 && nested == 1);
    child_assert(!halloc_realloc(cached[0], 30 * MIB) && errno == ENOMEM && calls == 2 && nested == 2);
    child_assert(!halloc_malloc(64 * MIB + 1) && calls == 2); /* no hook could help it */
    child_assert(!halloc_malloc(64 * MIB) && calls == 3 && nested == 3);
    static struct lock other = LOCK_INIT(RANK_ORIGINAL); /* what that guards may be half changed */
    lock_acquire(&other);
    child_assert(!halloc_malloc(30 * MIB) && calls == 3);
    lock_release(&other);
    halloc_set_limit_hook(NULL, NULL);
    uint64_t purges_before = counters->purges;
    child_assert(!halloc_malloc(30 * MIB) && calls == 3 && counters->purges == purges_before + 1);
    child_assert(halloc_malloc(10 * MIB));
}

static void a_hook_that_frees_nothing_is_called_once_a_request(void **state UNUSED) {
    in_fresh_heaps(let_the_hook_fail, "limit:64M");
}

static void serve_by_the_classic_heap(void) {
    halloc_set_limit_hook(free_spare, NULL);
    fill_with_spare(20 * MIB);
    child_assert(process.classic && halloc_malloc(15 * MIB) && calls == 1);
    char *object = halloc_malloc(100);
    child_assert(!halloc_realloc(object, SIZE_MAX) && calls == 1 && !halloc_malloc(PTRDIFF_MAX) &&
                 calls == 2);
    child_assert(!halloc_realloc(object, PTRDIFF_MAX) && calls == 3);
}

static void the_classic_heap_calls_the_hook_too(void **state UNUSED) {
    in_fresh_heap(serve_by_the_classic_heap, "heap:classic,reserve:32M");
}

/* --- A purge by another thread ------------------------------------------------------------------------------- */

static MemoryBlock *held_block;

static void *put_held_block_back(void *argument UNUSED) {
    usleep(50000);
    lock_acquire(&region.lock);
    size_t unit = block_unit(&region.engine, held_block);
    dirty_mark(region.dirt, unit, unit + (held_block->size >> UNIT_SHIFT), false);
    region.dirty_units = 0;
    engine_putback(&region.engine, held_block);
    lock_release(&region.lock);
    end_purge(&(struct work){.purged = 40 * MIB >> UNIT_SHIFT});
    return NULL;
}

static void fail_while_another_purges(void) {
    halloc_free(halloc_malloc(1));
    halloc_set_limit_hook(free_nothing, NULL);
    char *block = taken(40 * MIB, 1);
    region_give(block, 40 * MIB);
    lock_acquire(&region.lock);
    held_block = region.engine.table + region_unit(block);
    purges.purger = "another thread";
    engine_isolate(&region.engine, held_block);
    lock_release(&region.lock);
    pthread_t thread;
    child_assert(pthread_create(&thread, NULL, put_held_block_back, NULL) == 0);
    child_assert(halloc_malloc(45 * MIB) && calls == 0);
    pthread_join(thread, NULL);
}

static void a_request_waits_for_a_purge_by_another_thread(void **state UNUSED) {
    in_fresh_heap(fail_while_another_purges, "limit:64M");
}

/* --- Fork ------------------------------------------------------------------------------------------------- */

static int to_hook[2], from_hook[2];

static void wait_in_hook(size_t bytes UNUSED, void *argument UNUSED) {
    char letter;
    calls++;
    child_assert(write(from_hook[1], "x", 1) == 1 && read(to_hook[0], &letter, 1) == 1);
}

static void *come_to_the_hook(void *argument UNUSED) {
    child_assert(!halloc_malloc(60 * MIB));
    return NULL;
}

static size_t calls_in_child(void) {
    calls = 0;
    pid_t child = fork();
    if (child == 0) {
        halloc_set_limit_hook(hook ? free_nothing : NULL, NULL);
        child_assert(!halloc_malloc(60 * MIB));
        _exit((int)calls);
    }
    int status;
    child_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return (size_t)WEXITSTATUS(status);
}

/* In the child that lost it. */
static void set_a_hook_and_fork(void *argument UNUSED) {
    child_assert(!hook);
    halloc_set_limit_hook(free_nothing, NULL);
    child_assert(calls_in_child() == 1);
}

static void fork_around_the_hook(void) {
    char letter;
    pthread_t thread;
    fill_with_spare(20 * MIB);
    halloc_set_limit_hook(wait_in_hook, NULL);
    child_assert(calls_in_child() == 1);
    child_assert(pipe(to_hook) == 0 && pipe(from_hook) == 0);
    child_assert(pthread_create(&thread, NULL, come_to_the_hook, NULL) == 0);
    child_assert(read(from_hook[0], &letter, 1) == 1);
    child_assert(calls_in_child() == 0); /* what that thread changes is half changed */
    assert_child_fine(in_child(set_a_hook_and_fork, NULL));
    child_assert(hook == wait_in_hook);
    child_assert(write(to_hook[1], "x", 1) == 1 && pthread_join(thread, NULL) == 0);
    child_assert(calls_in_child() == 1);
}

static void fork_in_hook(size_t bytes UNUSED, void *argument UNUSED) {
    if (calls++)
        return;
    pid_t child = fork();
    if (child == 0)
        return; /* the request goes on in both */
    int status;
    child_assert(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static void fork_inside_the_hook(void) {
    pid_t parent = getpid();
    fill_with_spare(20 * MIB);
    halloc_set_limit_hook(fork_in_hook, NULL);
    child_assert(!halloc_malloc(60 * MIB) && calls == 1 && hook == fork_in_hook);
    child_assert(!halloc_malloc(60 * MIB) && calls == 2);
    if (getpid() != parent)
        _exit(7);
}

static void a_forked_child_has_a_hook_unless_another_thread_was_inside(void **state UNUSED) {
    in_fresh_heap(fork_around_the_hook, "limit:64M");
    in_fresh_heap(fork_inside_the_hook, "limit:64M");
}

/* --- A container ------------------------------------------------------------------------------------------ */

static const struct file container[] = {{"/proc/self/cgroup", "0::/a\n"},
                                        {"/sys/fs/cgroup/a/memory.max", "67108864\n"},
                                        {"/sys/fs/cgroup/a/memory.current", "current"},
                                        {NULL, NULL}};

static void fill_the_container(void) {
    files = container;
    others_bytes = 10 * MIB;
    size_t count = 0;
    for (char *block; (block = halloc_malloc(MIB)); count++)
        memset(block, 1, MIB);
    child_assert(errno == ENOMEM && others_bytes + heap_resident() <= 64 * MIB);
    child_assert(count >= 48 && count <= 52);
    others_bytes = 5 * MIB; /* others need less now */
    child_assert(halloc_malloc(4 * MIB));
    others_bytes = 30 * MIB; /* and now more than there is */
    looks = 0;
    child_assert(!halloc_malloc(4 * MIB) && looks == 1); /* a second look would say the same */
}

/* A slab's first page counts as a whole, where a slot reaches past it: else the mark would move on for ever. */
static void fill_the_container_after_small_ones(void) {
    files = container;
    others_bytes = 10 * MIB;
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        for (size_t size = slot_bytes(size_class), bytes = 0; bytes < CARVE_BYTES; bytes += size)
            child_assert(memset(halloc_malloc(size), 1, size));
    size_t count = 0;
    for (char *block; count < 2000 && (block = halloc_malloc(64 * KIB)); count++)
        memset(block, 1, 64 * KIB);
    child_assert(errno == ENOMEM && others_bytes + heap_resident() <= 64 * MIB && count < 900);
}

/* Memory that is promised and not written to is not in the container's sum: it counts all the same. */
static void promise_too_much(void) {
    files = container;
    others_bytes = 10 * MIB;
    child_assert(halloc_malloc(40 * MIB));
    child_assert(heap_resident() < 5 * MIB && !halloc_malloc(40 * MIB));
    child_assert(halloc_malloc(5 * MIB));
}

/* No descriptor is left, or the process has another root now: the limit that was known stays. */
static const struct file none[] = {{NULL, NULL}};

static void lose_the_files(void) {
    files = container;
    others_bytes = 10 * MIB;
    size_t count = 0;
    for (char *block; (block = halloc_malloc(MIB)) && count < 100; files = ++count < 5 ? container : none)
        memset(block, 1, MIB);
    child_assert(errno == ENOMEM && count >= 48 && count <= 54);
    child_assert(!halloc_malloc(4 * MIB));
}

static void have_no_container(void) {
    files = none;
    child_assert(halloc_malloc(100 * MIB) && halloc_malloc(1000 * MIB));
    looks = 0;
    while (halloc_malloc(1000 * MIB)) /* what is short are addresses */
        ;
    child_assert(looks == 0);
}

static void the_heap_stays_within_its_container(void **state UNUSED) {
    in_fresh_heap(fill_the_container, "limit:cgroup");
    in_fresh_heap(fill_the_container_after_small_ones, "limit:cgroup");
    in_fresh_heap(promise_too_much, "limit:cgroup");
    in_fresh_heap(lose_the_files, "limit:cgroup");
    in_fresh_heap(have_no_container, "limit:cgroup,reserve:4G");
}

/* --- The thread that purges -------------------------------------------------------------------------------- */

static void the_thread_knows_when_it_is_alone(void **state UNUSED) {
    static const struct {
        const char *text;
        bool alone;
    } cases[] = {
        {"7 (a) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 2 0 9", true},
        {"7 (a ) S 2 (b) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 2 0 9", true},
        {"7 (a) Z 2 S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 2) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 2 0",
         false},
        {"7 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 2 0 9", false},
        {"7 (a) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 3 2 9", false},
        {"7 (a) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 2 1 0 9", false},
        {"7 (a) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 20 0 9", false},
        {"7 (a) Z 1 2 3", false},
        {"7 a Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 2 0 9", false},
        {"", false},
    };
    for (size_t index = 0; index < COUNT(cases); index++)
        if (others_have_ended(cases[index].text) != cases[index].alone)
            fail_msg("case %zu: %s", index, cases[index].text);
}

static const struct file working[] = {
    {"/proc/self/stat", "7 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 2 0 9"}, {NULL, NULL}};
static const struct file ended[] = {
    {"/proc/self/stat", "7 (a) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 2 0 9"}, {NULL, NULL}};
static size_t sleeps;
static const struct file *afterwards;

static void sleep_twice(void) {
    if (++sleeps == 2)
        files = afterwards;
    child_assert(sleeps <= 2);
}

static void *purge_in_a_thread(void *argument UNUSED) {
    purge_each_second(NULL);
    child_assert(!cache_own && !cache_mine()); /* it keeps nothing */
    return NULL;
}

static void purge_until(const struct file *then) {
    pthread_t thread;
    halloc_free(halloc_malloc(1));
    size_t live = live_caches;
    files = working;
    afterwards = then;
    on_sleep = sleep_twice;
    child_assert(pthread_create(&thread, NULL, purge_in_a_thread, NULL) == 0);
    pthread_join(thread, NULL);
    child_assert(sleeps == 2 && live_caches == live); /* each that it borrowed went back */
    dprintf(2, "it gave up\n");
}

static void purge_until_nothing_can_be_read(void *configuration) {
    setenv("HALLOC_CONF", configuration, 1);
    purge_until(none);
}

static void purge_until_the_end(void *configuration) {
    setenv("HALLOC_CONF", configuration, 1);
    purge_until(ended);
}

#define PRESSED(text)                                                                                        \
    {                                                                                                        \
        {"/proc/self/stat", "7 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 2 0 9"},                         \
            {"/proc/self/cgroup", "0::/a\n"}, {"/sys/fs/cgroup/a/memory.pressure", text}, {                  \
            NULL, NULL                                                                                       \
        }                                                                                                    \
    }

/* 4 MiB are free: far below the line. */
static void sleep_under_pressure(void *argument UNUSED) {
    static const struct {
        struct file files[4];
        bool all_goes;
    } cases[] = {
        {PRESSED("some avg10=4.99 avg60=9.00 avg300=9.00 total=9\nfull avg10=9.00"), false},
        {PRESSED("some avg10=5.00 avg60=0.00 avg300=0.00 total=9\nfull avg10=0.00"), true},
        {PRESSED("some avg10=100.00 avg60=0.00 avg300=0.00 total=9\nfull avg10=0.00"), true},
        {PRESSED("some avg10=0.00 avg60=9.00 avg300=9.00 total=9\nfull avg10=9.00"), false},
        {PRESSED("nothing that we know"), false},
        {PRESSED(""), false},
    };
    for (size_t index = 0; index < 2 * COUNT(cases); index++) {
        halloc_free(memset(halloc_malloc(4 * MIB), 1, 4 * MIB));
        conf.purge = index < COUNT(cases); /* else nothing ever goes */
        files = cases[index % COUNT(cases)].files;
        afterwards = none;
        sleeps = 0;
        on_sleep = sleep_twice;
        purge_each_second(NULL);
        cache_is_barred = false;
        size_t dirty = region.dirty_units * UNIT_BYTES;
        child_assert(cases[index % COUNT(cases)].all_goes && conf.purge ? dirty < MIB : dirty >= 4 * MIB);
    }
}

static void the_thread_keeps_nothing_where_the_container_is_short_of_memory(void **state UNUSED) {
    assert_child_fine(in_child(sleep_under_pressure, NULL));
}

static void the_thread_ends_with_the_others_or_without_the_kernels_file(void **state UNUSED) {
    static char *const configurations[] = {"purge_thread:on", "purge_thread:on,purge:off"};
    for (size_t index = 0; index < COUNT(configurations); index++) {
        struct ending ending = in_child(purge_until_nothing_can_be_read, configurations[index]);
        assert_child_fine(ending);
        assert_non_null(strstr(ending.text, "it can't read /proc/self/stat\nit gave up\n"));
        ending = in_child(purge_until_the_end, configurations[index]);
        assert_true(WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == ENDED);
        assert_string_equal(ending.text, "");
    }
}

static int creations, created;

static bool is_blocked(int number) {
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    return sigismember(&now, number);
}

static int create_thread(pthread_t *thread, const pthread_attr_t *attributes, void *(*act)(void *),
                         void *argument) {
    if (act != purge_each_second)
        return pthread_create(thread, attributes, act, argument);
    child_assert(is_blocked(SIGUSR1) && is_blocked(SIGTERM));
    creations++;
    errno = ENOMEM;
    return created;
}

static void start_the_thread(void *result) {
    purge_thread_start();
    child_assert(creations == 0); /* nobody wants it */
    conf.purge_thread = true;
    created = *(int *)result;
    errno = 77;
    for (int times = 0; times < 3; times++)
        purge_thread_start();
    child_assert(creations == 1 && purge_thread_is_there && errno == 77 && !is_blocked(SIGUSR1));
}

static void the_thread_is_started_once_if_it_is_wanted(void **state UNUSED) {
    int result = 0;
    struct ending ending = in_child(start_the_thread, &result);
    assert_child_fine(ending);
    assert_string_equal(ending.text, "");
    result = EAGAIN;
    ending = in_child(start_the_thread, &result);
    assert_child_fine(ending);
    assert_non_null(strstr(ending.text, "can't be started"));
}

/* libc frees thread-local variables while it holds the lock of the list of stacks, and makes a thread with it. */
static void work_without_malloc(void *argument UNUSED) {
    setenv("HALLOC_CONF", "purge_thread:on", 1);
    void *objects[30 * ACTIVE_FREES], *other = halloc_malloc(100000);
    for (size_t index = 0; index < COUNT(objects); index++)
        objects[index] = halloc_malloc(16);
    cache_own->ticks = PERIOD_TICKS - 2;
    cache_own->purged_at = 0;
    creations = 0;
    purge_thread_is_there = purge_thread_is_due = false;
    for (size_t index = 0; index < COUNT(objects); index++)
        halloc_free(objects[index]);
    child_assert(purge_thread_is_due && creations == 0);
    child_assert(halloc_malloc(16) && creations == 0 && halloc_malloc(5000) && creations == 1 && other);
}

static void free_never_starts_the_thread(void **state UNUSED) {
    assert_child_fine(in_child(work_without_malloc, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(rooms_are_as_the_files_say),
        test(a_long_or_missing_list_of_cgroups_tells_the_version),
        test(a_text_ends_inside_of_its_room),
        test(the_heap_never_holds_more_than_its_limit),
        test(nearly_all_of_the_limit_can_be_in_use),
        test(what_slabs_do_not_need_yet_does_not_count),
        test(free_memory_goes_back_before_a_request_fails),
        test(a_request_succeeds_with_what_the_hook_frees),
        test(a_hook_that_frees_nothing_is_called_once_a_request),
        test(the_classic_heap_calls_the_hook_too),
        test(a_request_waits_for_a_purge_by_another_thread),
        test(a_forked_child_has_a_hook_unless_another_thread_was_inside),
        test(the_heap_stays_within_its_container),
        test(the_thread_knows_when_it_is_alone),
        test(the_thread_keeps_nothing_where_the_container_is_short_of_memory),
        test(the_thread_ends_with_the_others_or_without_the_kernels_file),
        test(the_thread_is_started_once_if_it_is_wanted),
        test(free_never_starts_the_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
