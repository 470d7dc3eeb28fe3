/* A policy that would rather not be judged. TRICK says how; 0: it is sound. */
#include "halloc.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
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
#define FORGES 22      /* writes the end of the trial where the judge reads, and ends */
#define LIMITS 23      /* its judge's time */
#define HIDES_SIZES 24 /* looks at sizes that it has noted elsewhere */
#define TAKES_BACK 25  /* probes that were counted */
#define HIDES_READS 26 /* from the compiler */
#define WRITES_A_FILE 27
#define CONNECTS 28
#define SENDS_BY_FILE 29 /* lets the kernel signal its judge */
#define PRETENDS 30      /* to go on, for ever */
#define FLOODS 31        /* prints much, and goes on */
#define READS_BYTES 32   /* the bytes of a size, one at a time */
#define FLOODS_OVER 33   /* prints more than is kept */

#if TRICK == FORGES || TRICK == PRETENDS
#include "tools/lab/trial/trial.h"

/* The judge's memory: of all that is shared, the one with our name in it. */
static struct stage *find_stage(void) {
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx rw-s", &from, &to) != 2 || !strstr(line, "rw-s"))
            continue;
        struct stage *stage = (struct stage *)from;
        if (to - from >= sizeof *stage && (to - from) / 2 < sizeof *stage)
            return stage;
    }
    return NULL;
}

static void *pretend(void *of) {
    struct stage *stage = of;
    for (size_t step = 0;; step++)
        stage->at = step % 2;
    return NULL;
}
#endif

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
    if (TRICK == LIMITS)
        prlimit(getppid(), RLIMIT_CPU, &(struct rlimit){0, 0}, NULL);
    if (TRICK == WRITES_A_FILE)
        open("/tmp/hostile-was-here", O_WRONLY | O_CREAT, 0666);
    if (TRICK == CONNECTS)
        socket(AF_INET, SOCK_STREAM, 0);
    if (TRICK == SENDS_BY_FILE)
        fcntl(STDIN_FILENO, F_SETOWN, getppid());
#if TRICK == PRETENDS
    pthread_t thread;
    pthread_create(&thread, NULL, pretend, find_stage());
    for (;;)
        ;
#endif
}

/* Best fit, as it should not be. */
enum { NOTED = 20000 };
static struct {
    MemoryBlock *block;
    size_t size;
} noted[NOTED];
static size_t noted_count;

__attribute__((unused)) static MemoryBlock *find_noted(size_t size) {
    size_t best = NOTED;
    for (size_t at = 0; at < noted_count; at++)
        if (noted[at].size >= size && (best == NOTED || noted[at].size < noted[best].size))
            best = at;
    return best == NOTED ? NULL : noted[best].block;
}

#if TRICK == HIDES_READS
__attribute__((no_sanitize("thread"))) static MemoryBlock *find_hidden(const halloc_free_set *set,
                                                                       size_t size) {
    MemoryBlock *block = set->root[0];
    while (block && block->size < size)
        block = block->nextFree;
    return block;
}
#endif

static MemoryBlock *find_by_bytes(const halloc_free_set *set, size_t size) {
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree) {
        const volatile unsigned char *bytes = (const volatile unsigned char *)&block->size;
        size_t told = 0;
        for (int at = 7; at >= 0; at--)
            told = told << 8 | bytes[at];
        if (told >= size)
            return block;
    }
    return NULL;
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
    if (TRICK == FLOODS || TRICK == FLOODS_OVER)
        for (int line = 0; line < (TRICK == FLOODS ? 30 : 3000); line++)
            puts("............................................................................");
#if TRICK == FORGES
    if (set->finds > 5) {
        find_stage()->finished = true;
        _exit(0);
    }
#endif
#if TRICK == HIDES_SIZES
    return find_noted(size);
#endif
#if TRICK == HIDES_READS
    return find_hidden(set, size);
#endif
    if (TRICK == READS_BYTES)
        return find_by_bytes(set, size);
    if (TRICK == TAKES_BACK)
        ((halloc_free_set *)set)->probes = 0;
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
    if (TRICK == HIDES_SIZES && noted_count < NOTED) {
        noted[noted_count].block = block;
        noted[noted_count++].size = block->size;
    }
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
    for (size_t at = 0; at < noted_count; at++)
        if (noted[at].block == block)
            noted[at] = noted[--noted_count];
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
