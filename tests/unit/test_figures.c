/*
 * test_figures.c - what a short script of calls makes of the process heap: its blocks, and each figure it keeps.
 *
 *      a100        malloc of 100 bytes, named a           a100@4096   aligned       a*100   calloc
 *      a=300       realloc                                a+300       expand        -a      free
 *      A100x50     50 objects of 100 bytes                -A          free them     ~A      every second of them
 *      T-A         a thread does it, and ends             trim        halloc_malloc_trim(0)
 *      +500        half a second goes by                  wA          write all bytes of A
 *      ?           from here on each system call is drawn: C256@h is mprotect of 256 KiB at the start of `heads`
 *      !3 !3- !C   the third call from here is refused, or all from the third on, or all like C; !0 none any more
 *      =400M       a limit on addresses; a program that sets one itself says "heed"
 *
 * A picture (figures.h) has the blocks in units. S is a slab, B a large block, C one in a thread's cache. A dot is
 * a free block, and behind the stroke stands how much of it is dirty. One thread works at a time, and the clock is
 * the test's own: so each run gives the same figures. A figure that changes tells of a bound that moved, or of one
 * system call or refill more. FIGURES=1 prints all.
 */
#include "fresh.h"

#include <sys/mman.h>
#include <sys/resource.h>

/* Sanitizers map and limit addresses by themselves, and emulators pass no limit on. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define LIMITS_WORK 1
#else
#define LIMITS_WORK 0
#endif

#define NAMES 26
#define MOST 4000

static struct group {
    char *object[MOST];
    size_t count, size;
} groups[NAMES];

static char *object[NAMES];

struct figures {
    const char *configuration, *script, *picture;
};

static char *picture; /* shared with the child */

#define PICTURE_BYTES ((size_t)16384)

static void draw(const char *format, ...) {
    size_t length = strlen(picture);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(picture + length, PICTURE_BYTES - length, format, arguments);
    va_end(arguments);
}

/* --- System calls ------------------------------------------------------------------------------------ */

static long number_of(char letter) {
    return letter == 'C'   ? SYS_mprotect
           : letter == 'U' ? SYS_munmap
           : letter == 'R' ? SYS_mmap
           : letter == 'I' ? SYS_mincore
                           : SYS_madvise;
}

static char letter_of(long number, long a, long c) {
    if (number == SYS_madvise)
        return c == MADV_HUGEPAGE ? 'H' : c == MADV_NOHUGEPAGE ? 'N' : 'P';
    if (number == SYS_mmap)
        return !a ? 'R' : c == PROT_NONE ? 'D' : 'E'; /* reserves; gives up; extends */
    return number == SYS_mprotect ? 'C' : number == SYS_munmap ? 'U' : number == SYS_mincore ? 'I' : 0;
}

/* Of tables and blocks it tells the place: in which part, and how many KiB behind its start. */
static void draw_call(long number, long a, long b, long c, bool refused) {
    char letter = letter_of(number, a, c);
    if (!letter || letter == 'I') /* one for each 4 MiB */
        return;
    draw("%c%lu", letter, (size_t)b / KIB);
    for (enum region_part part = 0; a && region.part[PART_BLOCKS] && part < PARTS; part++) {
        char *start = region.part[part],
             *next = part < PART_BLOCKS ? region.part[part + 1] : region.engine.top + 1;
        if ((char *)a > start && (char *)a < next)
            draw("@%c%ld", "hsndrb"[part], (a - (long)start) / (long)KIB);
        else if ((char *)a == start)
            draw("@%c", "hsndrb"[part]);
    }
    draw(refused ? "! " : " ");
}

static void refuse(const char *word) {
    uint64_t first = strtoul(word, NULL, 10);
    bool all = strchr(word, '-') || *word > '9';
    fake_refuse(*word > '9' ? 1 : first, all ? UINT64_MAX : first);
    fake.only = *word > '9' ? number_of(*word) : 0;
}

static void limit_addresses(const char *word) {
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    limit.rlim_cur = strtoul(word, NULL, 10) * (strchr(word, 'G') ? GIB : MIB);
    child_assert(setrlimit(RLIMIT_AS, &limit) == 0);
}

static bool call_system(const char *word) {
    if (word[0] == '?')
        fake.watch = draw_call;
    else if (word[0] == '!')
        refuse(word + 1);
    else if (word[0] == '=')
        limit_addresses(word + 1);
    else if (strcmp(word, "heed") == 0)
        halloc_heed_limits();
    else
        return false;
    return true;
}

/* --- Calls ------------------------------------------------------------------------------------------- */

static void call_group(const char *word) {
    struct group *group = &groups[strpbrk(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")[0] - 'A'];
    if (word[0] == '-' || word[0] == '~') {
        size_t step = word[0] == '-' ? 1 : 2;
        for (size_t index = 0; index < group->count; index += step) {
            halloc_free(group->object[index]);
            group->object[index] = NULL;
        }
    } else if (word[0] == 'w') {
        for (size_t index = 0; index < group->count; index++)
            if (group->object[index])
                memset(group->object[index], 1, group->size);
    } else {
        char *end;
        group->size = strtoul(word + 1, &end, 10);
        group->count = strtoul(end + 1, NULL, 10);
        child_assert(group->count <= MOST);
        for (size_t index = 0; index < group->count; index++)
            if (!(group->object[index] = halloc_malloc(group->size)))
                draw("! ");
    }
}

static void call_one(const char *word) {
    bool frees = word[0] == '-';
    char **mine = &object[word[frees] - 'a'];
    const char *digits = word + strcspn(word, "0123456789");
    char *end;
    size_t size = strtoul(digits, &end, 10);
    bool done = true;
    if (frees) {
        halloc_free(*mine);
        *mine = NULL;
    } else if (word[1] == '=') {
        char *moved = halloc_realloc(*mine, size);
        if ((done = moved))
            *mine = moved;
    } else if (word[1] == '+') {
        done = halloc_expand(*mine, size);
    } else if (word[1] == '*') {
        done = (*mine = halloc_calloc(1, size)) != NULL;
        for (size_t at = 0; done && at < size; at++)
            child_assert((*mine)[at] == 0);
    } else {
        *mine = *end == '@' ? halloc_memalign(strtoul(end + 1, NULL, 10), size) : halloc_malloc(size);
        done = *mine != NULL;
    }
    if (!done)
        draw("! ");
}

static void *call(void *argument) {
    char *word = argument;
    pthread_t thread;
    if (call_system(word))
        return NULL;
    if (word[0] == 'T' && word[1] && strchr("-~", word[1])) {
        child_assert(pthread_create(&thread, NULL, call, word + 1) == 0);
        pthread_join(thread, NULL);
    } else if (strcmp(word, "trim") == 0) {
        halloc_malloc_trim(0);
    } else if (word[0] == '+') {
        fake.milliseconds += strtoul(word + 1, NULL, 10);
    } else if (strpbrk(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        call_group(word);
    } else {
        call_one(word);
    }
    return NULL;
}

static char letter(const MemoryBlock *block) {
    const struct slab *unit = unit_of(block_payload(&region.engine, block));
    return block->isFree ? '.' : unit->kind == UNIT_SLAB ? 'S' : unit->kind == UNIT_CACHED ? 'C' : 'B';
}

/* Blocks in a row that look alike are drawn once: 3xS4. */
static void draw_blocks(void) {
    for (const MemoryBlock *block = region.engine.first; block;) {
        const MemoryBlock *next = block->next;
        size_t times = 1, units = block->size >> UNIT_SHIFT;
        for (; next && !block->isFree && letter(next) == letter(block) && next->size == block->size; times++)
            next = next->next;
        if (times > 1)
            draw("%zux", times);
        draw("%c%zu", letter(block), units);
        if (block->isFree)
            draw("/%zu", block_dirty_units(block));
        draw(" ");
        block = next;
    }
}

static void draw_figures(void) {
    const struct counters *c = counters;
    const uint64_t small[] = {c->allocations, c->frees,           c->resizes,
                              c->failures,    c->requested_bytes, c->granted_bytes,
                              c->live_blocks, c->live_bytes,      c->peak_live_bytes};
    const uint64_t slow[] = {c->refills,        c->remote_batches, c->remote_frees, c->slabs_made,
                             c->slabs_released, c->slabs_adopted,  c->large_taken,  c->large_released};
    const uint64_t bytes[] = {c->region_bytes,     c->used_bytes,           c->peak_used_bytes,
                              c->free_dirty_bytes, c->uncarved_bytes,       c->peak_occupied_bytes,
                              c->purged_bytes,     region.clean_taken_bytes};
    const uint64_t others[] = {c->purges,       c->threads,        c->threads_live,
                               c->threads_peak, c->system_calls,   fake.calls,
                               c->policy_finds, c->policy_inserts, c->policy_removes};
    for (size_t index = 0; counting && index < COUNT(small); index++)
        draw(index ? " %lu" : "| %lu", small[index]);
    for (size_t index = 0; counting && index < COUNT(slow); index++)
        draw(index ? " %lu" : " | %lu", slow[index]);
    for (size_t index = 0; index < COUNT(bytes); index++)
        draw(index ? " %lu" : counting ? " | %lu" : "| %lu", bytes[index] / 1024);
    for (size_t index = 0; index < COUNT(others); index++)
        draw(index ? " %lu" : " | %lu", others[index]);
}

/* Which parts are open, how many units the tables have, and KiB of blocks. */
static void draw_region(void) {
    for (enum region_part part = 0; part < PARTS; part++)
        draw("%c", region.is_open[part] ? "hsndrb"[part] : '-');
    draw(" %lu %lu", region.bytes >> UNIT_SHIFT,
         region.base ? (size_t)(region.engine.top - region.base) / KIB : 0);
}

static void play(void *argument) {
    const struct figures *figures = argument;
    char script[400], *rest = script;
    setenv("HALLOC_CONF", figures->configuration, 1);
    fake.milliseconds = 1000000;
    fake_refuse(0, 0);
    snprintf(script, sizeof script, "%s", figures->script);
    for (char *word; (word = strsep(&rest, " "));) {
        call(word);
        const char *broken;
        if (!region.base)
            continue;
        if (!halloc_process_check(&broken))
            dprintf(2, "%s: broken: %s\n", word, broken);
        child_assert(!broken);
    }
    bool watched = fake.watch;
    fake.watch = NULL;
    if (watched)
        draw_region();
    else
        draw_blocks();
    if (!watched)
        draw_figures();
}

#include "figures.h"

static void the_process_heap(void **state UNUSED) {
    if (platform_page_bytes() != 4096)
        return; /* other sizes, other figures */
    picture = mmap(NULL, PICTURE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(picture, MAP_FAILED);
    for (size_t index = 0; index < COUNT(scripts); index++) {
        struct figures figures = scripts[index];
        if (!LIMITS_WORK && strchr(figures.script, '?'))
            continue;
        picture[0] = 0;
        assert_child_fine(in_child(play, &figures));
        if (getenv("FIGURES"))
            printf("{\"%s\", \"%s\",\n \"%s\"},\n", figures.configuration, figures.script, picture);
        else if (strcmp(picture, figures.picture))
            fail_msg("%s: %s:\n  drawn:  %s\n  wanted: %s", figures.configuration, figures.script, picture,
                     figures.picture);
    }
    munmap(picture, PICTURE_BYTES);
}

int main(void) {
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* for the reason of fresh.h */
    const struct CMUnitTest tests[] = {test(the_process_heap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
