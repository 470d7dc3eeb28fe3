/*
 * test_pictures.c - what a short script of calls makes of a classic heap, block by block, under each policy.
 *
 *      a100        allocate 100 bytes, named a            a100@256    aligned
 *      a=300       resize a, in place or by a move        a+300       expand a in place
 *      -a          free a                                 a/64        split a's block by hand
 *      ?200        ask where 200 bytes would go; nothing may change
 *      .64         split the first free block by hand
 *
 * A picture (pictures.h) has the size of each block, behind its name, or behind a dot where it is free. "!"
 * stands for a call that failed. Then come the figures: splits, merges, finds, probes, bytes in use, their
 * peak. The heap is a page, or three pages in steps of one. A picture that changes tells of a bound that
 * moved: draw it by hand from the policy's opening comment before you change it. PICTURES=1 prints all.
 */
#include "unit.h"

#define NAMES 26

static halloc_heap *heap;
static char *object[NAMES];
static char picture[2000];

static void draw(const char *format, ...) {
    size_t length = strlen(picture);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(picture + length, sizeof picture - length, format, arguments);
    va_end(arguments);
}

static void call(const char *word) {
    size_t number = 0, alignment = 0;
    if (word[0] == '?') {
        engine_find(&heap->engine, strtoul(word + 1, NULL, 10));
        return;
    }
    if (word[0] == '.') {
        MemoryBlock *block = heap->engine.first;
        while (block && !block->isFree)
            block = block->next;
        if (!block || !engine_split(&heap->engine, block, strtoul(word + 1, NULL, 10)))
            draw("! ");
        return;
    }
    char **mine = &object[(word[0] == '-' ? word[1] : word[0]) - 'a'];
    if (word[0] == '-') {
        halloc_heap_deallocate(heap, *mine);
        *mine = NULL;
        return;
    }
    const char *digits = word + strcspn(word, "0123456789");
    char *end;
    number = strtoul(digits, &end, 10);
    alignment = *end == '@' ? strtoul(end + 1, NULL, 10) : ALIGNMENT_BYTES;
    bool done = true;
    if (word[1] == '=') {
        char *moved = halloc_heap_resize(heap, *mine, number);
        if ((done = moved))
            *mine = moved;
    } else if (word[1] == '+') {
        done = heap_expand(heap, *mine, number, "expand");
    } else if (word[1] == '/') {
        done = engine_split(&heap->engine, record_before(*mine), number);
    } else {
        *mine = halloc_heap_aligned(heap, alignment, number);
        done = *mine && (uintptr_t)*mine % alignment == 0;
    }
    if (!done)
        draw("! ");
}

static void draw_heap(void) {
    for (const MemoryBlock *block = heap->engine.first; block; block = block->next) {
        char name = block->isFree ? '.' : '?';
        for (size_t index = 0; index < NAMES; index++)
            if (object[index] && record_before(object[index]) == block)
                name = (char)('a' + index);
        draw("%c%zu ", name, block->size);
    }
    halloc_heap_stats stats = stats_of(heap);
    draw("| %zu %zu %zu %zu %zu %zu", (size_t)stats.splits, (size_t)stats.merges, (size_t)stats.finds,
         (size_t)stats.probes, stats.used_bytes, stats.peak_used_bytes);
}

struct scene {
    const char *fit, *script, *picture;
};

static void play(const struct scene *scene, halloc_heap *on) {
    char script[400], *rest = script;
    heap = on;
    memset(object, 0, sizeof object);
    picture[0] = 0;
    snprintf(script, sizeof script, "%s", scene->script);
    for (char *word; (word = strsep(&rest, " "));) {
        call(word);
        assert_sound(heap);
    }
    draw_heap();
    halloc_heap_destroy(heap);
    if (getenv("PICTURES"))
        printf("{\"%s\", \"%s\",\n \"%s\"},\n", scene->fit, scene->script, picture);
    else if (strcmp(picture, scene->picture))
        fail_msg("%s: %s:\n  drawn:  %s\n  wanted: %s", scene->fit, scene->script, picture, scene->picture);
}

static void play_all(const struct scene *scenes, size_t count, bool growing) {
    if (platform_page_bytes() != 4096)
        return; /* other sizes, other pictures */
    const halloc_heap_options grows = {
        .pages = 1, .reserve_bytes = 3 * 4096, .growing = true, .step_bytes = 4096};
    for (size_t index = 0; index < count; index++) {
        halloc_heap_options options = grows;
        options.fit = scenes[index].fit;
        play(&scenes[index], growing ? halloc_heap_create(&options) : fixed_heap(scenes[index].fit, 1));
    }
}

#include "pictures.h"

static void a_heap_of_a_page(void **state UNUSED) {
    play_all(of_a_page, COUNT(of_a_page), false);
}

static void a_heap_that_grows_to_three_pages(void **state UNUSED) {
    play_all(that_grow, COUNT(that_grow), true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_heap_of_a_page),
        test(a_heap_that_grows_to_three_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
