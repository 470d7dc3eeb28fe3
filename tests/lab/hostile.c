/* A policy that would rather not be judged. TRICK says how; 0: it is sound. */
#include "halloc.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#define PASSES_BY_ITSELF 1  /* prints a verdict and ends well, while it is loaded */
#define KILLS_WHEN_LOADED 2 /* its judge */
#define LOOPS_WHEN_LOADED 3
#define KILLS_IN_FIND 4
#define KILLS_THE_GROUP 5
#define FORKS 6    /* to leave somebody behind */
#define EXECUTES 7 /* another program */
#define ABORTS_WHEN_LOADED 8
#define ALLOCATES_IN_FIND 9    /* and frees it again */
#define ALLOCATES_IN_INSERT 10 /* by way of libc */
#define ALLOCATES_IN_REMOVE 11
#define ALLOCATES_IN_TAKE 12
#define ALLOCATES_IN_MERGE 13
#define PRINTS 14 /* which is no mistake */
#define RETURNS_NOTHING 15
#define CALLS_NOBODY 16 /* a function that does not exist */
#define TRACES 17
#define READS 18           /* waits for input; libc allocates for it */
#define FREES_IN_REMOVE 19 /* what it got while it was loaded */
#define ALLOCATES_IN_ROUND 20
#define ALLOCATES_IN_PIECE 21

static const char verdict[] = "{\"passed\": true}\n";
static void *early;

__attribute__((constructor)) static void load(void) {
    if (TRICK == PASSES_BY_ITSELF) {
        printf("%s", verdict);
        fflush(stdout);
        _exit(0);
    }
    if (TRICK == KILLS_WHEN_LOADED)
        kill(getppid(), SIGKILL);
    if (TRICK == KILLS_THE_GROUP)
        kill(0, SIGKILL);
    if (TRICK == ABORTS_WHEN_LOADED)
        abort();
    if (TRICK == FREES_IN_REMOVE)
        early = malloc(100);
    while (TRICK == LOOPS_WHEN_LOADED)
        ;
}

#if TRICK == RETURNS_NOTHING
static MemoryBlock *search(const halloc_free_set *set, size_t size) {
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree)
        if (halloc_probe(set, block) >= size)
            return block;
    return NULL;
}

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    search(set, size);
}
#else
#if TRICK == CALLS_NOBODY
void nobody(void);
#endif

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    char line[10];
    if (TRICK == KILLS_IN_FIND && set->finds > 5)
        kill(getppid(), SIGTERM);
    if (TRICK == FORKS && set->finds > 5 && fork() == 0)
        sleep(30);
    if (TRICK == EXECUTES && set->finds > 5)
        execl("/bin/true", "true", (char *)NULL);
    if (TRICK == TRACES && set->finds > 5)
        ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
    if (TRICK == ALLOCATES_IN_FIND && set->finds > 5) {
        void *volatile gone = malloc(10);
        free(gone);
    }
    if (TRICK == PRINTS)
        printf("find of %zu\n", size);
    if (TRICK == READS && set->finds > 5 && fgets(line, sizeof line, stdin))
        return NULL;
#if TRICK == CALLS_NOBODY
    if (size == 12345678)
        nobody();
#endif
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree)
        if (halloc_probe(set, block) >= size)
            return block;
    return NULL;
}
#endif

static void insert(halloc_free_set *set, MemoryBlock *block) {
    if (TRICK == ALLOCATES_IN_INSERT && set->inserts > 5)
        free(strdup("kept"));
    halloc_list_push(set, 0, block);
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    static void *volatile kept;
    if (TRICK == ALLOCATES_IN_REMOVE)
        kept = calloc(3, 3);
    if (TRICK == FREES_IN_REMOVE) {
        free(early);
        early = NULL;
    }
    (void)kept;
    halloc_list_unlink(set, 0, block);
}

static void take(halloc_free_set *set, MemoryBlock *block) {
    static void *volatile kept;
    (void)set, (void)block;
    kept = realloc(kept, 10);
}

static bool may_merge(const halloc_free_set *set, size_t payload, size_t left, size_t right) {
    void *volatile gone = NULL;
    (void)set, (void)payload, (void)left, (void)right;
    if (posix_memalign((void **)&gone, 64, 64) == 0)
        free(gone);
    return true;
}

static size_t round_size(const halloc_free_set *set, size_t size) {
    void *volatile gone = aligned_alloc(64, 64);
    (void)set;
    free(gone);
    return size;
}

static size_t piece(const halloc_free_set *set, size_t payload, size_t bytes) {
    char *volatile gone = NULL;
    (void)set, (void)payload;
    if (asprintf((char **)&gone, "%zu", bytes) > 0)
        free(gone);
    return bytes;
}

const halloc_policy halloc_user_policy = {
    .name = "hostile",
    .find = find,
    .insert = insert,
    .remove = take_out,
    .take = TRICK == ALLOCATES_IN_TAKE ? take : NULL,
    .may_merge = TRICK == ALLOCATES_IN_MERGE ? may_merge : NULL,
    .round_size = TRICK == ALLOCATES_IN_ROUND ? round_size : NULL,
    .piece = TRICK == ALLOCATES_IN_PIECE ? piece : NULL,
};
