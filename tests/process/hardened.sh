#!/bin/bash
# HALLOC_CONF=harden:on: what a correct program sees of it, with threads, forks and under limits; and that real programs
# run. What it catches is tests/misuse/'s.
. "$(dirname "$0")/lib.sh"

export HALLOC_CONF=harden:on

compile looks -pthread <<'END'
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect(bool true_, const char *what, size_t size) {
    if (!true_) {
        printf("%s, %zu bytes\n", what, size);
        exit(1);
    }
}

static bool is_all(const unsigned char *ptr, size_t size, int byte) {
    for (size_t index = 0; index < size; index++)
        if (ptr[index] != byte)
            return false;
    return true;
}

/* Sizes around the edges of slots, pages and units. */
static size_t next_size(size_t size) {
    return size < 300 ? size + 1 : size + size / 7 + size % 3;
}

static void sizes(void) {
    for (size_t size = 1; size < 3000000; size = next_size(size)) {
        unsigned char *ptr = malloc(size);
        expect(malloc_usable_size(ptr) == size, "the usable size is what was asked for", size);
        memset(ptr, 'x', size);
        free(ptr);
        unsigned char *zeros = calloc(size, 1);
        expect(zeros != ptr && is_all(zeros, size, 0), "calloc gives zeros, elsewhere", size);
        memset(zeros, 'x', size);
        free(zeros);
    }
}

static void alignments(void) {
    for (size_t alignment = 16; alignment <= 1 << 20; alignment *= 2)
        for (size_t size = 1; size < 300000; size = size * 3 + 1) {
            char *ptr = aligned_alloc(alignment, size), *other = aligned_alloc(alignment, size);
            expect(ptr && (uintptr_t)ptr % alignment == 0, "aligned", size);
            memset(ptr, 'x', size);
            memset(other, 'y', size);
            expect(is_all((unsigned char *)ptr, size, 'x'), "its own", size);
            free(ptr);
            free(other);
        }
}

static void resizes(void) {
    size_t size = 1;
    unsigned char *ptr = malloc(1);
    *ptr = 'x';
    for (size_t next = 2; next < 4000000; next = next + next / 9 + 1) {
        ptr = realloc(ptr, next);
        expect(is_all(ptr, size, 'x'), "realloc keeps the contents as it grows", next);
        memset(ptr, 'x', size = next);
    }
    for (; size > 1; size -= size / 5 + 1) {
        ptr = realloc(ptr, size);
        expect(is_all(ptr, size, 'x') && malloc_usable_size(ptr) == size, "and as it shrinks", size);
    }
    free(ptr);
}

/* What was freed comes back late; and objects that follow each other do not lie so. */
static void places(void) {
    for (size_t size = 10; size < 200000; size *= 5) {
        enum { TAKES = 30 };
        char *taken[TAKES], *freed = malloc(size);
        size_t ups = 0;
        free(freed);
        for (int take = 0; take < TAKES; take++) {
            taken[take] = malloc(size);
            expect(taken[take] != freed, "a freed place waits", size);
            ups += take && taken[take] > taken[take - 1];
        }
        expect(size > 30000 || (ups > 3 && ups < TAKES - 4), "places are chosen at random", size);
        for (int take = 0; take < TAKES; take++)
            free(taken[take]);
    }
}

/* Free memory of small sizes is zero; that of large ones is gone. */
static void cleared(void) {
    for (size_t size = 1; size < 32000; size = next_size(size)) {
        unsigned char *volatile ptr = malloc(size);
        memset(ptr, 'x', size);
        free(ptr);
        expect(is_all(ptr, size, 0), "free clears", size);
    }
}

/* Each thread frees what others took, and all take and resize. */
enum { SHARED = 512 };
static struct { unsigned char *ptr; size_t size; } shared[SHARED];
static pthread_mutex_t locks[SHARED];

static void *work(void *number) {
    unsigned random = (unsigned)(uintptr_t)number;
    for (int step = 0; step < 20000; step++) {
        random = random * 1103515245 + 12345;
        unsigned place = random >> 8 & (SHARED - 1);
        pthread_mutex_lock(&locks[place]);
        size_t had = shared[place].size, size = (random >> 17) % (step % 50 ? 500 : 60000) + 1;
        expect(is_all(shared[place].ptr, had, (int)place & 127), "its own among threads", had);
        if (random >> 30) {
            free(shared[place].ptr);
            shared[place].ptr = malloc(size);
        } else {
            shared[place].ptr = realloc(shared[place].ptr, size);
        }
        memset(shared[place].ptr, (int)place & 127, shared[place].size = size);
        pthread_mutex_unlock(&locks[place]);
        if (step % 2000 == 0 && random >> 31) {
            pid_t child = fork();
            if (child == 0) {
                sizes();
                _exit(0);
            }
            int status = 1;
            waitpid(child, &status, 0);
            expect(status == 0, "a child of a program with threads", (size_t)status);
        }
    }
    return NULL;
}

static void threads(void) {
    pthread_t thread[4];
    for (int index = 0; index < SHARED; index++)
        pthread_mutex_init(&locks[index], NULL);
    for (uintptr_t index = 0; index < 4; index++)
        pthread_create(&thread[index], NULL, work, (void *)(index + 1));
    for (int index = 0; index < 4; index++)
        pthread_join(thread[index], NULL);
}

int main(int argc, char **argv) {
    (void)argc;
    struct { const char *name; void (*look)(void); } looks[] = {
        {"sizes", sizes}, {"alignments", alignments}, {"resizes", resizes},
        {"places", places}, {"cleared", cleared}, {"threads", threads}};
    for (size_t index = 0; index < sizeof looks / sizeof *looks; index++)
        if (strcmp(argv[1], looks[index].name) == 0)
            looks[index].look();
    puts("fine");
    return 0;
}
END

for look in sizes alignments resizes places cleared threads; do
    status=0
    on_halloc -- ./looks "$look" >out 2>err || status=$?
    [[ $status == 0 && $(<out) == fine ]] || fail "$look: status $status: $(cat out err)"
done

# Under a limit on addresses nothing is reserved; freed blocks wait there only while there is room.
compile much <<'END'
#include <stdlib.h>
#include <string.h>
int main(void) {
    for (int round = 0; round < 200; round++) {
        char *ptr = malloc(20000000);
        if (!ptr)
            return 1;
        memset(ptr, 'x', 20000000);
        free(ptr);
    }
    return 0;
}
END
(ulimit -v 200000 && on_halloc -- ./much) || fail "a limit of 200 MB: 20 MB at a time do not fit"

# Real programs say what they say without it.
same() { # COMMAND...
    HALLOC_CONF='' "$@" >wanted 2>&1 || true
    on_halloc -- "$@" >got 2>&1 || true
    cmp -s wanted got || fail "$*: $(head -c 500 got)"
}
same env PYTHONMALLOC=malloc python3 -c 'import json; print(len(json.dumps([{"a": n, "b": "x" * n} for n in range(900)])))'
same perl -e 'my %words; $words{$_ % 700} .= "x" x ($_ % 7) for 1 .. 90000; print length join "", map {$words{$_}} sort keys %words'
same git -C "$source_dir" log --stat -5
same sqlite3 :memory: 'with recursive c(x) as (select 1 union all select x + 1 from c where x < 20000) select sum(x), max(hex(x)) from c'

# The next malloc of the thread sees an overflow; nobody need free the object.
compile overflow <<'END'
#include <stdlib.h>
int main(void) {
    volatile char *ptr = malloc(24);
    ptr[24] ^= 'A';
    return malloc(100) == NULL;
}
END
(ulimit -c 0 && on_halloc -- ./overflow 2>err) || true
grep -qE '^halloc: malloc\(0x[0-9a-f]+\): written to past its end, in a slot of 32 bytes$' err ||
    fail "an overflow, then malloc: $(cat err)"

# new of no bytes has an address that nothing is written to, as malloc has.
compile nothing <<'END'
#include <stddef.h>
__attribute__((weak)) void *_Znwm(size_t), *_Znam(size_t), _ZdlPv(void *), _ZdaPv(void *);
int main(void) {
    _ZdlPv(_Znwm(0));
    _ZdaPv(_Znam(0));
    return 0;
}
END
on_halloc -- ./nothing || fail 'new of no bytes'

# A double free is seen where somebody wrote back all that was in the slot. A short large block that was freed is
# cleared, and looked at when it serves again.
compile again <<'END'
#include <stdlib.h>
#include <string.h>
int main(void) {
    char *volatile ptr = malloc(24), copy[32];
    memcpy(copy, ptr, sizeof copy);
    free(ptr);
    memcpy(ptr, copy, sizeof copy);
    free(ptr);
    return 0;
}
END
compile late <<'END'
#include <stdlib.h>
#include <string.h>
int main(void) {
    char *volatile ptr = malloc(50000);
    memset(ptr, 'x', 50000);
    free(ptr);
    if (ptr[49999] == 'x')
        return 1;
    ptr[100] = 'A';
    for (int turn = 0; turn < 100; turn++) {
        char *volatile other = malloc(50000);
        free(other);
    }
    return 0;
}
END
says() { # PROGRAM LINE
    (ulimit -c 0 && on_halloc -- "./$1" 2>err) || true
    grep -qE "^halloc: $2\$" err || fail "$1: $(cat err)"
}
says again 'free\(0x[0-9a-f]+\): freed already, in a slot of 32 bytes'
says late 'malloc\(0x[0-9a-f]+\): written to after it was freed'

# The classic heap has headers, and its own checks.
[[ $(HALLOC_CONF=harden:on,heap:classic,stats_print:on on_halloc -- ./is_ours 2>&1) == *'heap classic'* ]] ||
    fail 'harden:on with heap:classic: not the classic heap'
finish 'harden:on'
