/*
 * test_hardened.c - harden:on from inside: fill and seal byte by byte, the order in which slots come back, slabs whose
 * slots rest, and blocks between guards.
 */
#include "fresh.h"

#include <fcntl.h>

/* --- Fill -------------------------------------------------------------------------------------------------- */

#define ROOM_MOST ((size_t)120)

/* Bytes that are compared: those next to the object, and the last sixteen. */
static bool is_compared(size_t at, size_t room, size_t size) {
    size_t near = size;
    while (near + PAIR_BYTES <= room && near < size + HARDEN_LOOK_BYTES)
        near += PAIR_BYTES;
    return at >= size && (at < near || at + PAIR_BYTES >= room);
}

static void fill_is_written_and_compared_byte_by_byte(void **state UNUSED) {
    char object[ROOM_MOST + 2 * PAIR_BYTES], before[sizeof object];
    harden_secret = 0x1234567812345600u;
    for (size_t room = PAIR_BYTES; room <= ROOM_MOST; room += 4)
        for (size_t size = 0; size <= room; size++) {
            memset(object, 0x55, sizeof object);
            memset(before, 0x55, sizeof before);
            fill_write(object, room, size);
            assert_true(fill_is_whole(object, room, size));
            for (size_t at = 0; at < sizeof object; at++) {
                bool compared = at < room && is_compared(at, room, size);
                assert_int_equal(object[at], compared ? 1 : 0x55);
                object[at] ^= 4;
                assert_int_equal(fill_is_whole(object, room, size), !compared);
                object[at] ^= 4;
            }
            assert_false(fill_is_whole(object, room, room + 1));
        }
}

static void each_byte_of_what_should_be_zero_is_looked_at(void **state UNUSED) {
    static char zeros[500] __attribute__((aligned(16)));
    for (size_t bytes = PAIR_BYTES; bytes < 300; bytes += 4) {
        assert_true(is_cleared(zeros + 16, bytes));
        for (size_t at = 15; at <= 16 + bytes; at++) {
            zeros[at] = 1;
            assert_int_equal(is_cleared(zeros + 16, bytes), at < 16 || at >= 16 + bytes);
            zeros[at] = 0;
        }
    }
}

static void who_made_an_object_is_asked_by_each_call(void **state UNUSED) {
    static const struct {
        const char *call, *faults[MAKERS];
    } cases[] = {
        {"free", {NULL, "got by new", "got by new[]", FAULT_OVERFLOW}},
        {"realloc", {NULL, "got by new", "got by new[]", FAULT_OVERFLOW}},
        {"delete", {"got by malloc", NULL, "got by new[]", FAULT_OVERFLOW}},
        {"delete[]", {"got by malloc", "got by new", NULL, FAULT_OVERFLOW}},
        {"malloc_usable_size", {NULL, NULL, NULL, FAULT_OVERFLOW}},
    };
    for (size_t index = 0; index < COUNT(cases); index++)
        for (unsigned maker = 0; maker < MAKERS; maker++) {
            const char *fault = maker_fault(cases[index].call, maker), *wanted = cases[index].faults[maker];
            assert_true(fault ? wanted && strcmp(fault, wanted) == 0 : !wanted);
        }
}

static void what_a_call_says_is_compared(void **state UNUSED) {
    const char *place = (char *)0x12340;
    assert_null(said_fault(place, 100, SIZE_UNSAID, 1));
    assert_null(said_fault(place, 100, 100, 64));
    assert_string_equal(said_fault(place, 100, 101, 64), FAULT_SIZE);
    assert_string_equal(said_fault(place, 100, 100, 128), FAULT_ALIGNMENT);
    assert_string_equal(said_fault(place, 100, SIZE_UNSAID, 128), FAULT_ALIGNMENT);
}

/* --- Shelves ------------------------------------------------------------------------------------------------- */

static size_t bits_of(const uint64_t *words) {
    size_t bits = 0;
    for (size_t word = 0; word < REST_WORDS; word++)
        bits += (size_t)__builtin_popcountll(words[word]);
    return bits;
}

/* Under harden:on no thread has a cache, so no slab is halved: its second notes would be another slab's. */
static size_t slots_of_whole_slab(unsigned size_class) {
    size_t slot = slot_bytes(size_class);
    return min_size(SLAB_BYTES_OF(slot) / max_size(slot, 32), REST_WORDS * 64);
}

/* Each slab of the class has as many slots at rest as it says, and is on the list if it has any. */
static void look_at_class(unsigned size_class, size_t in_use) {
    struct shelf *shelf = &shelves[size_class];
    size_t noted = 0, rest = 0, slabs = 0, waiting_slots = 0;
    for (const MemoryBlock *block = region.engine.first; block; block = block->next) {
        struct slab *slab = unit_of(block_payload(&region.engine, block));
        if (block->isFree || slab->kind != UNIT_SLAB || slab->size_class != size_class)
            continue;
        bool listed = false;
        for (const struct slab *each = shelf->slabs.first; each; each = slab_next(each))
            listed |= each == slab;
        size_t resting = bits_of(rest_words(slab)), carved = slab_carved_slots(slab);
        child_assert(slab->state == SLAB_SHARED && slab->owner == OWNER_SHARED);
        child_assert(carved == slots_of_whole_slab(size_class));
        child_assert(slab->frees_left == carved - resting && listed == (resting > 0));
        child_assert(is_noted(*note_word(slab, (uint32_t)carved - 1), (uint32_t)carved - 1));
        child_assert(!is_noted(rest_words(slab)[(carved - 1) / 64], (uint32_t)carved - 1));
        noted += bits_of(slab_notes(slab)) - 1;
        rest += resting;
        slabs += carved - 1;
    }
    for (size_t place = 0; place < HARDEN_WAITING_SLOTS; place++)
        waiting_slots += shelf->waiting[place] != NULL;
    child_assert(shelf->ready_count <= HARDEN_READY_SLOTS &&
                 (!shelf->turns || waiting_slots <= shelf->turns));
    child_assert(noted == rest + shelf->ready_count + waiting_slots && slabs == noted + in_use);
}

static void count_places(void) {
    for (unsigned size_class = size_class_of(32) + 1; size_class < SIZE_CLASSES; size_class++) {
        size_t bytes = slot_bytes(size_class);
        char *object = halloc_malloc(bytes - WORD_BYTES);
        const struct shelf *shelf = &shelves[size_class];
        size_t turns = HARDEN_WAITING_BYTES >> floor_log2(bytes);
        turns = turns < 2 ? 2 : turns > HARDEN_WAITING_SLOTS ? HARDEN_WAITING_SLOTS : turns;
        child_assert(slab_at(object)->size_class == size_class && object != slab_start(slab_at(object)));
        child_assert(shelf->turns == turns && shelf->ready_most == min_size(turns, HARDEN_READY_SLOTS));
        size_t rest = slots_of_whole_slab(size_class) - 1; /* those of one word get ready */
        size_t first = min_size(min_size(turns, HARDEN_NEIGHBOURS), (rest - 1) % 64 + 1);
        child_assert(shelf->ready_count == first - 1);
        look_at_class(size_class, 1);
        halloc_free(object);
        look_at_class(size_class, 0);
    }
}

/* A freed slot waits for `turns` others, and is zero meanwhile. */
static void wait_in_turn(void) {
    static const size_t sizes[] = {40, 60, 1000, 5000, 30000};
    for (size_t index = 0; index < COUNT(sizes); index++) {
        char *object = halloc_malloc(sizes[index]);
        unsigned size_class = slab_at(object)->size_class;
        memset(object, 1, sizes[index]);
        halloc_free(object);
        child_assert(is_cleared(object, slot_bytes(size_class)));
        size_t turns = shelves[size_class].turns, frees = 0;
        child_assert(shelves[size_class].waiting[0] == object);
        for (char *other = NULL; other != object && frees < 20000; frees++) {
            other = halloc_malloc(sizes[index]);
            if (other != object)
                halloc_free(other);
            child_assert(other != object || frees >= turns);
            child_assert(frees + 1 >= turns || shelves[size_class].waiting[0] == object);
            child_assert(frees + 1 < turns || shelves[size_class].waiting[0] != object);
        }
        look_at_class(size_class, frees < 20000);
    }
}

/* All slots but the first of a slab are used before another is made; empty ones go, but for one. */
static void fill_slabs(void) {
    static const size_t sizes[] = {44, 60, 2000, 30000};
    for (size_t index = 0; index < COUNT(sizes); index++) {
        static char *objects[4000];
        char *first = halloc_malloc(sizes[index]);
        unsigned size_class = slab_at(first)->size_class;
        size_t slots = slots_of_whole_slab(size_class) - 1, count = 3 * slots;
        child_assert(count <= COUNT(objects));
        size_t blocks = region.engine.used_blocks;
        objects[0] = first;
        for (size_t each = 1; each < count; each++) {
            objects[each] = halloc_malloc(sizes[index]);
            child_assert(region.engine.used_blocks == blocks + each / slots);
        }
        look_at_class(size_class, count);
        for (size_t each = 0; each < count; each++)
            for (size_t other = each ? each - 1 : 1; other < count && other < each; other++)
                child_assert(objects[each] != objects[other]);
        for (size_t each = 0; each < count; each++) {
            halloc_free(objects[each]);
            if (each % 16 == 0)
                look_at_class(size_class, count - 1 - each);
        }
        look_at_class(size_class, 0);
        size_t left = region.engine.used_blocks - blocks + 1;
        child_assert(left <= 3);
        for (size_t each = 0; each < count; each++) /* again, from what rests */
            child_assert((objects[each] = halloc_malloc(sizes[index])));
        look_at_class(size_class, count);
        for (size_t each = 0; each < count; each++)
            halloc_free(objects[each]);
        look_at_class(size_class, 0);
    }
}

static void let_slabs_go(void) {
    static char *objects[8 * 1024];
    size_t blocks = region.engine.used_blocks, count = 6 * 1023;
    for (size_t each = 0; each < count; each++)
        objects[each] = halloc_malloc(60);
    child_assert(region.engine.used_blocks == blocks + 6);
    for (size_t each = 0; each < count; each++)
        halloc_free(objects[each]);
    for (int round = 0; round < 200; round++) { /* what waits moves on */
        halloc_free(halloc_malloc(60));
        look_at_class(size_class_of(64), 0);
    }
    child_assert(region.engine.used_blocks <= blocks + 3); /* with slots that wait or are ready */
    struct shelf *shelf = &shelves[size_class_of(32000)];
    char *object = halloc_malloc(32000);
    const struct slab *only = slab_at(object);
    halloc_free(object);
    for (char *slot; (slot = take_off(shelf));)
        child_assert(!let_rest(&shelf->slabs, slot, true) && shelf->slabs.first == only); /* it stays */
}

/* Of two slots that are ready, either may come first. */
static void shuffle(void) {
    static struct shelf shelf;
    char slots[2];
    size_t behind = 0;
    for (int time = 0; time < 100; time++) {
        shelf.ready_count = 0;
        make_ready(&shelf, &slots[0]);
        make_ready(&shelf, &slots[1]);
        child_assert(shelf.ready_count == 2 && shelf.ready[0] != shelf.ready[1]);
        behind += shelf.ready[1] == &slots[1];
    }
    child_assert(behind > 10 && behind < 90);
}

static void slots_wait_in_turn_and_slabs_go_when_they_are_empty(void **state UNUSED) {
    in_fresh_heap(count_places, "harden:on");
    in_fresh_heap(wait_in_turn, "harden:on");
    in_fresh_heap(fill_slabs, "harden:on");
    in_fresh_heap(let_slabs_go, "harden:on");
    in_fresh_heap(shuffle, "harden:on");
}

/* --- Misuse ----------------------------------------------------------------------------------------------------- */

/* Each case warns once, with these words. */
struct misuse {
    const char *fault; /* of which the child warns, once */
    void (*act)(char *object, size_t size);
    size_t size;
};

static void overflow(char *object, size_t size) {
    object[size]++;
    halloc_free(object);
    child_assert(slab_of(object) || walled_room(object)); /* it stays as it is */
}
static void overflow_by_32(char *object, size_t size) {
    object[size + 31]++;
    halloc_free(object);
}
static void damage_the_word(char *object, size_t size UNUSED) {
    slot_word(object, slot_bytes(slab_at(object)->size_class))[0] ^= 1u << 30;
    halloc_free(object);
}
static void damage_the_last_fill(char *object, size_t size UNUSED) {
    ((char *)slot_word(object, slot_bytes(slab_at(object)->size_class)))[-1] ^= 1;
    halloc_free(object);
}
static void free_twice(char *object, size_t size UNUSED) {
    halloc_free(object);
    halloc_free(object);
}
static void free_inside(char *object, size_t size UNUSED) {
    halloc_free(object + 16);
}
static void free_the_first_slot(char *object, size_t size UNUSED) {
    halloc_free(slab_of(object) ? slab_start(slab_at(object)) : object + UNIT_BYTES);
}
static void free_the_wall(char *object, size_t size UNUSED) {
    halloc_free(block_of(object));
}
static void overflow_before(char *object, size_t size) {
    size_t slot = slot_bytes(slab_at(object)->size_class);
    (object - slot)[slot - 20] ^= 1; /* the end of a free slot, or of the first */
    halloc_free(object);
    (void)size;
}
static void overflow_and_go_on(char *object, size_t size) {
    object[size] = 0;
    halloc_free(halloc_malloc(3000)); /* looks at what it got last */
    object[size] = 1;
}
static void write_after_free(char *object, size_t size) {
    halloc_free(object);
    object[size / 2] = 1;
    for (int round = 0; round < 3000; round++) {
        char *again = halloc_malloc(size);
        child_assert(!again[size / 2]); /* what was written is gone */
        halloc_free(again);
    }
}
static void free_with_another_size(char *object, size_t size) {
    free_as(object, "free_sized", size + 1, 1);
    child_assert(slab_of(object) || walled_room(object)); /* it stays as it is */
}
static void free_with_another_alignment(char *object, size_t size) {
    free_as(object, "free_aligned", SIZE_UNSAID, (size_t)1 << 24);
    (void)size;
}
static void delete_it(char *object, size_t size) {
    free_as(object, "delete", size, 1);
}

static const struct misuse cases[] = {
    {FAULT_OVERFLOW, overflow, 1},
    {FAULT_OVERFLOW, overflow, 27},
    {FAULT_OVERFLOW, overflow, 100},
    {FAULT_OVERFLOW, overflow, 32764 - 1},
    {FAULT_OVERFLOW, overflow, 40000},
    {FAULT_OVERFLOW, overflow_by_32, 2000},
    {FAULT_OVERFLOW, overflow_by_32, 50000},
    {FAULT_OVERFLOW, damage_the_word, 100},
    {FAULT_OVERFLOW, damage_the_last_fill, 30},
    {FAULT_FREED, free_twice, 100},
    {FAULT_FREED, free_twice, 100000},
    {FAULT_FREED, free_twice, 1000000},
    {FAULT_NO_BLOCK, free_inside, 100},
    {FAULT_NO_BLOCK, free_the_first_slot, 100},
    {FAULT_NO_BLOCK, free_inside, 100000},
    {FAULT_NO_BLOCK, free_the_first_slot, 100000},
    {FAULT_NO_BLOCK, free_the_wall, 100000},
    {FAULT_BEFORE, overflow_before, 100},
    {FAULT_OVERFLOW, overflow_and_go_on, 100},
    {FAULT_WRITTEN, write_after_free, 100},
    {FAULT_WRITTEN, write_after_free, 10000},
    {FAULT_WRITTEN, write_after_free, 100000},
    {FAULT_SIZE, free_with_another_size, 100},
    {FAULT_SIZE, free_with_another_size, 100000},
    {FAULT_ALIGNMENT, free_with_another_alignment, 100},
    {FAULT_ALIGNMENT, free_with_another_alignment, 100000},
    {"got by malloc", delete_it, 100},
    {"got by malloc", delete_it, 100000},
};

static void misuse_once(void *index) {
    const struct misuse *one = &cases[*(size_t *)index];
    setenv("HALLOC_CONF", "harden:on,misuse:warn", 1);
    char *object = halloc_malloc(one->size);
    memset(object, 1, one->size);
    one->act(object, one->size);
    child_assert(halloc_process_check(NULL));
    halloc_free(halloc_malloc(5000)); /* the heap goes on */
}

static void each_misuse_is_told_once_and_by_its_name(void **state UNUSED) {
    for (size_t index = 0; index < COUNT(cases); index++) {
        struct ending ending = in_child(misuse_once, &index);
        const char *told = strchr(ending.text, '\n');
        bool is_slot = cases[index].size <= SLOT_MOST_BYTES;
        if (!strstr(ending.text, cases[index].fault) || !told || told[1] ||
            is_slot != (strstr(ending.text, ", in a slot of ") != NULL))
            fail_msg("case %zu, %s, %zu bytes: %s", index, cases[index].fault, cases[index].size,
                     ending.text);
        assert_true(WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == 0);
    }
}

/* No fault of any kind, whatever the size; and calloc gives zeros. */
static void live(void) {
    uint64_t random = 7;
    static struct {
        char *at;
        size_t size;
    } objects[300];
    for (int round = 0; round < 6000; round++) {
        size_t index = random_below(&random, COUNT(objects));
        size_t size = random_below(&random, 20) ? random_size(&random, 5000) : random_size(&random, 300000);
        char *at = objects[index].at;
        if (at) {
            child_assert(halloc_malloc_usable_size(at) == objects[index].size);
            child_assert(is_filled(at, objects[index].size, (unsigned)index));
        }
        if (at && round % 3 == 0) {
            at = halloc_realloc(at, size);
            child_assert(is_filled(at, min_size(size, objects[index].size), (unsigned)index));
        } else {
            halloc_free(at);
            at = halloc_calloc(1, size);
            for (size_t byte = 0; byte < size; byte += 61)
                child_assert(!at[byte]);
        }
        child_assert(halloc_malloc_usable_size(at) == size);
        objects[index].at = at;
        objects[index].size = size;
        fill_bytes(at, size, (unsigned)index);
    }
    for (size_t index = 0; index < COUNT(objects); index++)
        halloc_free(objects[index].at);
    char *nothing = halloc_malloc(0);
    child_assert(nothing && halloc_malloc_usable_size(nothing) == 0);
    halloc_free(nothing);
}

static void a_program_without_faults_hears_of_none(void **state UNUSED) {
    in_fresh_heap(live, "harden:on");
}

/* --- In place ------------------------------------------------------------------------------------------------------ */

static void resize(void) {
    char *slot = halloc_malloc(100), *block = halloc_malloc(100000);
    size_t room = slot_bytes(slab_at(slot)->size_class) - WORD_BYTES, size;
    child_assert(harden_resize(slot, room, BY_NEW) && !harden_resize(slot, room + 1, BY_NEW));
    child_assert(!harden_fault(slot, "delete", &size) && size == room);
    child_assert(harden_resize(slot, 0, BY_MALLOC) && !harden_fault(slot, "free", &size) && size == 0);
    room = walled_room(block);
    child_assert(room == align_up(100000, platform_page_bytes()) && harden_bytes(block) == room + WORD_BYTES);
    child_assert(harden_resize(block, room, BY_NEW_ARRAY) && walled_room(block) == room);
    child_assert(!harden_fault(block, "delete[]", &size) && size == room);
    child_assert(harden_resize(block, 0, BY_MALLOC) && !harden_fault(block, "free", &size) && size == 0);
    static char stray[64];
    child_assert(!harden_give(stray, "free", SIZE_UNSAID, 1) &&
                 !harden_give(block + 16, "free", SIZE_UNSAID, 1));
    child_assert(!harden_resize(stray, 1, BY_MALLOC) && harden_bytes(stray) == 0 && !walled_room(block + 16));
    child_assert(harden_bytes(slot + 5) == room % 1 + slot_bytes(slab_at(slot)->size_class));
}

/* What grows moves with room for an eighth more, and says its own size all the same. */
static void reallocate(void) {
    size_t page = platform_page_bytes();
    char *block = halloc_malloc(100000);
    halloc_malloc(100000); /* so that it must move */
    child_assert((block = halloc_realloc(block, 150000)) && halloc_malloc_usable_size(block) == 150000);
    child_assert(walled_room(block) == align_up(150000 + 150000 / 8, page));
    child_assert(halloc_realloc(block, 160000) == block && halloc_malloc_usable_size(block) == 160000);
    child_assert(!halloc_expand(block, PTRDIFF_MAX) && halloc_expand(block, 160000));
    char *top = region.engine.top; /* behind its guard nothing is sought */
    child_assert(!halloc_expand(block, 50 * MIB) && region.engine.top == top && !region_check());
    child_assert((block = halloc_realloc(block, 60000)) && walled_room(block) == align_up(60000, page));
    char *slot = halloc_malloc(1000);
    child_assert((slot = halloc_realloc(slot, 60000)) && walled_room(slot) == align_up(60000, page));
    child_assert((slot = halloc_realloc(slot, 1000)) && slab_of(slot));
    child_assert(halloc_realloc(slot, 600) == slot && halloc_malloc_usable_size(slot) == 600);
    child_assert((slot = halloc_realloc(slot, 10)) && slot_bytes(slab_of(slot)->size_class) == 32);
    child_assert(zero_contains(halloc_malloc(0)) && !harden_serves == counting);
    free_as(slot, "free_sized", 10, 1);
    free_as(block, "free_sized", 60000, 1);
    child_assert(!walled_room(block) &&
                 is_noted(*note_word(slab_at(slot), slab_slot_number(slab_at(slot), slot)),
                          slab_slot_number(slab_at(slot), slot)));
}

static void look_at_no_sample(void) {
    child_assert(unit_of(halloc_malloc(100000))->kind == UNIT_BLOCK && conf.harden);
}

static void look_at_no_harden(void) {
    child_assert(process.classic && !conf.harden && !harden_serves);
}

static void an_object_changes_its_size_up_to_its_room(void **state UNUSED) {
    in_fresh_heap(resize, "harden:on");
    in_fresh_heap(reallocate, "harden:on");
    in_fresh_heap(reallocate, "harden:on,stats_print:on");
    in_fresh_heap(look_at_no_sample, "harden:on,sample:4K");
    in_fresh_heap(look_at_no_harden, "harden:on,heap:classic");
}

/* --- Blocks between guards -------------------------------------------------------------------------------------------- */

/* The kernel reads a byte there, or refuses. */
static bool can_be_read(const char *place) {
    static int ends[2];
    char byte;
    if (!ends[1])
        child_assert(pipe(ends) == 0);
    bool can = write(ends[1], place, 1) == 1;
    child_assert(!can || read(ends[0], &byte, 1) == 1);
    return can;
}

static void look_at_guards(void) {
    halloc_free(halloc_malloc(1)); /* the heap starts */
    size_t page = platform_page_bytes(), sizes[] = {1, page - 1, page, page + 1, 40000, 200000, 3000000};
    for (size_t alignment = 1; alignment <= MIB; alignment *= 4, walled_release())
        for (size_t index = 0; index < COUNT(sizes); index++) {
            size_t room = align_up(sizes[index], page);
            char *object = walled_take(sizes[index], alignment, false);
            child_assert(object && (uintptr_t)object % max_size(alignment, UNIT_BYTES) == 0);
            child_assert(walled_room(object) == room && can_be_read(object) &&
                         can_be_read(object + room - 1));
            child_assert(!can_be_read(object - 1) && !can_be_read(object + room));
            child_assert(!can_be_read(object - UNIT_BYTES) && !can_be_read(object + room + page - 1));
            memset(object, 1, sizes[index]);
            child_assert(walled_give(object) && !walled_give(object) && !walled_room(object));
            child_assert(can_be_read(object) == (room <= HARDEN_KEPT_BYTES / HARDEN_WAITING_LEAST));
        }
    child_assert(kept_bytes == 0);
    for (size_t place = 0; place < HARDEN_WAITING_BLOCKS; place++)
        child_assert(!waiting[place].object);
    child_assert(region.engine.used_blocks == 0 || region_check() == NULL);
}

/* Up to what lies behind it. Where the wall can't be opened, nothing changes. */
static void grow_in_place(void) {
    size_t page = platform_page_bytes(), room = align_up(100000, page), used;
    char *object = halloc_malloc(100000), *next;
    memset(object, 1, 100000);
    used = region.engine.used_bytes;
    fake.only = SYS_mprotect;
    unsigned first = 1;
    for (fake_refuse(1, UINT64_MAX); !harden_resize(object, 200000, BY_MALLOC);
         fake_refuse(++first, UINT64_MAX))
        child_assert(walled_room(object) == room && region.engine.used_bytes == used &&
                     !can_be_read(object + room));
    child_assert(first > 1); /* the last refused it a wall alone */
    fake.only = 0;
    fake_refuse(0, 0);
    for (size_t size = 300000; size < 3 * MIB; size += size / 3) {
        child_assert(halloc_realloc(object, size) == object && halloc_malloc_usable_size(object) == size);
        bool grew = size > room; /* then with an eighth more */
        room = walled_room(object);
        child_assert(grew ? room == align_up(size + size / 8, page) : room >= size);
        child_assert(can_be_read(object + room - 1) && !can_be_read(object + room) &&
                     !can_be_read(object + room + UNIT_BYTES - 1) && !can_be_read(object - 1));
        child_assert(object[0] == 1 && object[99999] == 1);
        memset(object, 1, size);
    }
    child_assert((next = halloc_malloc(100000)) && !walled_grow(object, 4 * MIB) &&
                 walled_room(object) == room);
    halloc_free(next);
    halloc_free(object);
    walled_release();
    child_assert(region_check() == NULL);
}

/* A block serves a request of its length once so many others were freed. */
static void wait_for_others(void) {
    size_t blocks = region.engine.used_blocks;
    char *object = walled_take(40000, 1, false), *others[2 * HARDEN_WAITING_BLOCKS];
    for (size_t index = 0; index < COUNT(others); index++)
        child_assert((others[index] = walled_take(100 + 5000 * (index % 2), 1, false)));
    walled_give(object);
    size_t before = turn;
    for (size_t index = 0; index < HARDEN_WAITING_LEAST; index++) {
        char *new = take_waiting(walled_room(others[0]), UNIT_BYTES);
        child_assert(!new || index == 0);
        child_assert(!take_waiting(align_up(40000, platform_page_bytes()), UNIT_BYTES));
        child_assert(turn == before + index);
        walled_give(others[index]);
    }
    size_t room = align_up(40000, platform_page_bytes());
    child_assert(!take_waiting(room, 64 * MIB) && !take_waiting(room + platform_page_bytes(), UNIT_BYTES));
    child_assert(take_waiting(room, UNIT_BYTES) == object && !take_waiting(room, UNIT_BYTES));
    store_release(&unit_of(object)->kind, UNIT_BLOCK);
    walled_give(object);
    for (size_t index = HARDEN_WAITING_LEAST; index < HARDEN_WAITING_LEAST + HARDEN_WAITING_BLOCKS - 1;
         index++) {
        child_assert(unit_of(object)->kind == UNIT_CACHED);
        walled_give(others[index]);
    }
    size_t used = region.engine.used_blocks;
    walled_give(others[HARDEN_WAITING_LEAST + HARDEN_WAITING_BLOCKS - 1]);
    child_assert(unit_of(object)->kind == UNIT_NONE && region.engine.used_blocks == used - 1);
    for (size_t index = HARDEN_WAITING_LEAST + HARDEN_WAITING_BLOCKS; index < COUNT(others); index++)
        walled_give(others[index]);
    child_assert(region.engine.used_blocks == blocks + HARDEN_WAITING_BLOCKS);
    walled_release();
    child_assert(region.engine.used_blocks == blocks);
}

/* So much stays accessible in all, cleared; and is compared when it is taken again. */
static void keep_some(void) {
    size_t room = HARDEN_KEPT_BYTES / HARDEN_WAITING_LEAST, most = HARDEN_WAITING_LEAST;
    char *objects[HARDEN_WAITING_LEAST + 3];
    for (size_t index = 0; index < COUNT(objects); index++)
        memset(objects[index] = walled_take(room, 1, false), 1, room);
    for (size_t index = 0; index < COUNT(objects); index++) {
        walled_give(objects[index]);
        child_assert(kept_bytes == min_size(index + 1, most) * room);
        child_assert(can_be_read(objects[index]) == (index < most));
        child_assert(index >= most || (!objects[index][0] && !objects[index][room - 1]));
    }
    fake_refuse(0, 0);
    char *again = walled_take(room, 1, true);
    child_assert(fake.calls == 0 && halloc_good_size(100) == 100); /* what is accessible stays so */
    child_assert(again == objects[0] && kept_bytes == (most - 1) * room && !again[0] && !again[room / 2]);
    for (size_t index = 0; index < 8; index++) {
        char *other = walled_take(100, 1, false);
        child_assert(other);
        walled_give(other);
    }
    objects[1][room - 1] = 1;                                                        /* after its free */
    child_assert(walled_take(room, 1, true) == objects[1] && !objects[1][room - 1]); /* told, and cleared */
    for (size_t index = 2; index < COUNT(objects); index++) {
        fake_refuse(0, 0);
        child_assert(walled_take(room, 1, true) == objects[index]);
        child_assert(fake.calls == (index >= most)); /* what was not kept is made accessible, and no more */
    }
}

/* Each wall is a mapping: past a number of blocks they have none. */
static void raise_so_many_walls(void) {
    char *first = walled_take(1, 1, false);
    walled_blocks = HARDEN_WALLED_MOST - 1;
    char *last_one = walled_take(1, 1, false), *next = walled_take(1, 1, false);
    child_assert(!can_be_read(first - 1) && !can_be_read(last_one - 1) && can_be_read(next - 1));
    child_assert(!can_be_read(last_one + walled_room(last_one)) && can_be_read(next + walled_room(next)));
    walled_give(next);
    walled_give(last_one);
    walled_release();
    child_assert(walled_blocks == HARDEN_WALLED_MOST - 1 && (next = walled_take(1, 1, false)));
    child_assert(!can_be_read(next - 1));
}

static size_t mappings(void) {
    static char text[64 * KIB];
    int fd = open("/proc/self/maps", O_RDONLY);
    size_t lines = 0;
    for (ssize_t got; (got = read(fd, text, sizeof text)) > 0;)
        for (ssize_t at = 0; at < got; at++)
            lines += text[at] == '\n';
    close(fd);
    child_assert(lines);
    return lines;
}

/* Where each lies between others' memory, threads can still be mapped. */
static void leave_mappings_for_others(void) {
    for (size_t blocks = 0; blocks < HARDEN_WALLED_MOST + 64; blocks++)
        child_assert(walled_take(1, 1, false) && taken(UNIT_BYTES, 1));
    child_assert(mappings() < 65530 - 10000);
}

/* Once all are free, the heap is one mapping again where it was, whatever was wished for huge pages: or a program
 * that runs for long would come to the most that the system gives, and malloc have none. */
static void leave_no_mapping_behind(void) {
    char *objects[HARDEN_WAITING_BLOCKS + 40];
    size_t before = mappings();
    for (size_t index = 0; index < COUNT(objects); index++) {
        child_assert((objects[index] = walled_take(40000 + index % 2 * 200000, 1, false)));
        child_assert(index % 4 || walled_grow(objects[index], 400000));
        taken(UNIT_BYTES, 1);
    }
    child_assert(mappings() > before + COUNT(objects));
    for (size_t index = 0; index < COUNT(objects); index++)
        walled_give(objects[index]);
    walled_release();
    child_assert(mappings() <= before + 4);
}

/* As under mlockall: walls are made of memory that stays. */
static void grow_where_nothing_can_be_given_back(void) {
    fake.only = SYS_madvise;
    fake_refuse(1, UINT64_MAX);
    for (size_t size = 40000; size < 200000; size += 4000) {
        char *object = halloc_malloc(size);
        for (size_t larger = size; larger < size + 60000; larger += 3000) {
            child_assert((object = halloc_realloc(object, larger)));
            memset(object, 1, larger);
            child_assert(!can_be_read(object + walled_room(object)));
        }
        halloc_free(object);
    }
}

/* What grows past that number gets no wall, and what had one loses it. */
static void grow_past_so_many_walls(void) {
    char *object = walled_take(100000, 1, false);
    walled_blocks = HARDEN_WALLED_MOST + 1;
    child_assert(walled_grow(object, 200000) && can_be_read(object + walled_room(object)));
    walled_blocks = HARDEN_WALLED_MOST;
    child_assert(walled_grow(object, 400000) && !can_be_read(object + walled_room(object)));
}

/* In steps, too, a block does not keep more than twice its size. What is kept for the next one is not touched
 * in vain. */
static void shrink_in_steps(void) {
    size_t bytes = 50 * MIB;
    char *object = halloc_malloc(bytes);
    for (; bytes > 40000; bytes = bytes * 6 / 10) {
        child_assert((object = halloc_realloc(object, bytes)));
        child_assert(harden_bytes(object) <= 2 * bytes + platform_page_bytes());
    }
    child_assert((object = walled_take(120000, 1, false)));
    size_t kept = kept_bytes;
    kept_bytes = HARDEN_KEPT_BYTES;
    halloc_free(object);
    child_assert(platform_resident(object, 120000) == 0 && kept_bytes == HARDEN_KEPT_BYTES);
    kept_bytes = kept;
}

/* A block that shrinks, but must stay where it is, has its new size. */
static void shrink_where_nothing_is_left(void) {
    char *object = halloc_malloc(2000);
    memset(object, 1, 2000);
    fake_refuse(1, UINT64_MAX);
    region.engine.limit = region.engine.top;
    while (halloc_malloc(100))
        ;
    child_assert(halloc_realloc(object, 100) == object && halloc_malloc_usable_size(object) == 100);
    child_assert(harden_give(object, "free_sized", 100, 1));
}

static void refuse_all(void) {
    char *object = walled_take(MIB, 1, false);
    walled_give(object);
    size_t used = region.engine.used_blocks;
    fake_refuse(1, UINT64_MAX);
    walled_release();
    fake_refuse(0, 0);
    child_assert(!first_put_off &&
                 region.engine.used_blocks == used); /* neither to be had nor to be taken away */
}

static void align_beyond_a_unit(void) {
    for (int times = 0; times < 4; times++)
        child_assert(!slab_of(halloc_memalign(2 * UNIT_BYTES, 100))); /* slabs begin at any unit */
    child_assert(slab_of(halloc_memalign(UNIT_BYTES, 100)));
}

/* Where the system refuses: what can't be made accessible again waits until memory is short, or some can be had. */
static void refuse_commit(void) {
    char *object = walled_take(MIB, 1, false);
    walled_give(object);
    size_t used = region.engine.used_blocks;
    fake.only = SYS_mprotect;
    fake_refuse(1, UINT64_MAX);
    walled_release();
    child_assert(region.engine.used_blocks == used && unit_of(object)->kind == UNIT_CACHED);
    fake_refuse(0, 0);
    size_t walls = walled_blocks;
    char *other = walled_take(MIB, 1, false); /* the first one is tried again before */
    child_assert(other && unit_of(object)->kind != UNIT_CACHED && walled_blocks == walls && !first_put_off);
    walled_give(other);
    char *second = walled_take(2 * MIB, 1, false);
    walled_give(second);
    fake_refuse(1, HARDEN_WAITING_BLOCKS + 2);
    walled_release();
    child_assert(first_put_off && region.engine.used_blocks == used + 1 &&
                 fake.calls == HARDEN_WAITING_BLOCKS + 2);
    fake_refuse(1, 1);
    release_put_off(2); /* one that is refused does not hide the other */
    child_assert(first_put_off && region.engine.used_blocks == used);
    walled_release();
    child_assert(!first_put_off && region.engine.used_blocks == used - 1);
    fake.only = 0;
    fake_refuse(0, 0);
    object = walled_take(2 * MIB, 1, false);
    memset(object, 1, 2 * MIB);
    fake_refuse(1, 2);   /* neither to give its memory back, nor to map it anew */
    walled_give(object); /* it can't be taken away: so it is cleared */
    child_assert(fake.calls == 2 && can_be_read(object) && !object[0] && !object[2 * MIB - 1]);
    for (uint64_t call = 0; call < 3; call++) {
        object = walled_take(2 * MIB, 1, false);
        fake_refuse(call, call); /* of the first two calls each has the third in its place */
        walled_give(object);
        child_assert(!can_be_read(object) && platform_resident(object, 2 * MIB) == 0);
    }
    fake_refuse(0, 0);
    region.engine.limit = region.engine.top;
    while (walled_take(4 * MIB, 1, false) || walled_take(64 * KIB, 1, false))
        ;
    char *last = harden_take(100000, 1, false); /* what waits is given up for it */
    child_assert(last && !waiting[0].object && !waiting[1].object);
}

static void blocks_lie_between_guards_and_wait(void **state UNUSED) {
    in_fresh_heaps(grow_in_place, "harden:on");
    in_fresh_heaps(look_at_guards, "harden:on");
    in_fresh_heap(wait_for_others, "harden:on");
    in_fresh_heap(keep_some, "harden:on,misuse:warn");
    in_fresh_heap(refuse_all, "harden:on");
    in_fresh_heap(align_beyond_a_unit, "harden:on");
    in_fresh_heap(refuse_commit, "harden:on,reserve:64M");
    in_fresh_heap(raise_so_many_walls, "harden:on");
    in_fresh_heap(leave_mappings_for_others, "harden:on");
    in_fresh_heap(leave_no_mapping_behind, "harden:on");
    in_fresh_heap(leave_no_mapping_behind, "harden:on,thp:all");
    in_fresh_heap(leave_no_mapping_behind, "harden:on,thp:never");
    in_fresh_heap(grow_past_so_many_walls, "harden:on");
    in_fresh_heap(grow_where_nothing_can_be_given_back, "harden:on");
    in_fresh_heap(shrink_in_steps, "harden:on");
    in_fresh_heap(shrink_where_nothing_is_left, "harden:on,reserve:16M");
}

/* --- Threads --------------------------------------------------------------------------------------------------------- */

static void *wait_for_the_end(void *argument UNUSED) {
    for (;;)
        pause();
    return NULL;
}

static void enter(void) {
    pthread_t thread;
    if (&__libc_single_threaded && __libc_single_threaded) {
        child_assert(!enter_class(3) && !lock_is_mine(shared_lock(3)));
        leave_class(3, false);
    }
    child_assert(pthread_create(&thread, NULL, wait_for_the_end, NULL) == 0);
    child_assert(enter_class(3) && lock_is_mine(shared_lock(3)));
    leave_class(3, true);
    child_assert(!lock_is_mine(shared_lock(3)) && shared_lock(3)->state == FREE);
    live();
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        child_assert(shared_lock(size_class)->state == FREE);
}

static void a_thread_that_is_alone_takes_no_lock(void **state UNUSED) {
    in_fresh_heap(enter, "harden:on");
}

/* A new slab may lie where that slab was of which another thread got its last slot. That thread looks there, under the
 * lock of the class: so a slab is not shared before its maker has the lock. */
static void *add_one(void *size_class) {
    return add_noted_slab(*(unsigned *)size_class) ? size_class : NULL;
}

static const struct slab *slab_made_last(unsigned size_class) {
    const struct slab *found = NULL;
    for (const MemoryBlock *block = region.engine.first; block; block = block->next) {
        const struct slab *unit = unit_of(block_payload(&region.engine, block));
        const struct slab now = slab_snapshot(unit);
        if (now.kind == UNIT_SLAB && now.size_class == size_class)
            found = unit;
    }
    return found;
}

static void make_one_while_the_lock_is_taken(void) {
    unsigned size_class = size_class_of(1000);
    pthread_t thread;
    void *done;
    lock_acquire(shared_lock(size_class));
    child_assert(pthread_create(&thread, NULL, add_one, &size_class) == 0);
    while (load_relaxed(&shared_lock(size_class)->state) != CONTENDED)
        usleep(100);
    lock_acquire(&region.lock);
    const struct slab *slab = slab_made_last(size_class);
    lock_release(&region.lock);
    child_assert(slab && slab_snapshot(slab).state != SLAB_SHARED);
    lock_release(shared_lock(size_class));
    child_assert(pthread_join(thread, &done) == 0 && done && slab->state == SLAB_SHARED);
}

static void a_slab_is_shared_under_the_lock_of_its_class(void **state UNUSED) {
    in_fresh_heap(make_one_while_the_lock_is_taken, "harden:on");
}

/* What this thread got last may be freed by another, and its slab be gone, or another object's. */
static void look_at_what_is_gone(void) {
    char *object = halloc_malloc(100);
    child_assert(last.slot == object && last.bytes == slot_bytes(slab_at(object)->size_class));
    char fill = object[100];
    object[100] = 0; /* an overflow, but nobody's any more */
    last.bytes = 64;
    look_at_last(); /* of another class */
    last.bytes = slot_bytes(slab_at(object)->size_class);
    slab_at(object)->state = SLAB_PARTIAL;
    look_at_last(); /* being released */
    slab_at(object)->state = SLAB_SHARED;
    last.slot = (char *)16;
    look_at_last(); /* released */
    object[100] = fill;
    last.slot = object;
    look_at_last();
    halloc_free(object);
    child_assert(last.bytes == 0);
    last.bytes = slot_bytes(slab_at(object)->size_class);
    look_at_last(); /* freed by another thread */
    halloc_malloc(100000);
    child_assert(last.bytes == 0);
}

static void what_a_thread_got_last_may_be_gone(void **state UNUSED) {
    in_fresh_heap(look_at_what_is_gone, "harden:on");
}

/* --- When memory is short ---------------------------------------------------------------------------------- */

/* Freed in no order: those that wait lie in slabs all over the heap. */
static void use_and_free(size_t bytes) {
    static char *object[200000];
    size_t count = 0, number = 1;
    for (size_t sum = 0, size; sum < bytes; sum += size) {
        size = 1 + (number = number * 69069 + 1) / 4096 % 1000;
        child_assert((object[count++] = halloc_malloc(size)) != NULL);
    }
    for (size_t step = 0; step < count; step++)
        halloc_free(object[step * 100003 % count]);
}

static void ask_for_what_waits(void) {
    use_and_free(50 * MIB);
    char *large = halloc_malloc(30 * MIB);
    child_assert(large);
    halloc_free(large);
    use_and_free(50 * MIB);
    halloc_malloc_trim(0);
    child_assert(region_resident_bytes() < MIB);
}

static void grow_as_far_as_allowed(void) {
    char *object = halloc_malloc(40 * MIB);
    child_assert(object && halloc_realloc(object, 44 * MIB) == object && walled_room(object) == 44 * MIB);
    halloc_free(object);
}

static void what_waits_goes_when_memory_is_short(void **state UNUSED) {
    in_fresh_heap(ask_for_what_waits, "harden:on,limit:64M");
    in_fresh_heap(ask_for_what_waits, "harden:on,reserve:64M");
    in_fresh_heap(grow_as_far_as_allowed, "harden:on,limit:48M");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(fill_is_written_and_compared_byte_by_byte),
        test(each_byte_of_what_should_be_zero_is_looked_at),
        test(who_made_an_object_is_asked_by_each_call),
        test(what_a_call_says_is_compared),
        test(slots_wait_in_turn_and_slabs_go_when_they_are_empty),
        test(each_misuse_is_told_once_and_by_its_name),
        test(a_program_without_faults_hears_of_none),
        test(an_object_changes_its_size_up_to_its_room),
        test(blocks_lie_between_guards_and_wait),
        test(a_thread_that_is_alone_takes_no_lock),
        test(a_slab_is_shared_under_the_lock_of_its_class),
        test(what_a_thread_got_last_may_be_gone),
        test(what_waits_goes_when_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
