#!/bin/bash
# A whole allocator is checked like a policy: its mistake has a name, a shortest trace, a picture; it has a time limit.
. "$(dirname "$0")/lib.sh"
cat >mm.c <<'END'
#include "mm.h"
#include "memlib.h"
#include <stdlib.h>
#include <string.h>
#ifndef MISTAKE
#define MISTAKE 0
#endif
typedef struct node { size_t size; struct node *next; } node;
static node *list;
team_t team = {"one", "two", "three", "", ""};
int mm_init(void) { list = NULL; return MISTAKE == 10 ? -1 : mem_sbrk(MISTAKE == 3 ? 8 : 16) == (void *)-1 ? -1 : 0; }
void *mm_malloc(size_t size) {
    size = (size + 15) & ~(size_t)15;
    while (MISTAKE == 1 && mem_heapsize() > 5000)
        ;
    for (node **at = &list; *at; at = &(*at)->next)
        if ((*at)->size + (MISTAKE == 2 ? 16 : 0) >= size) {
            node *found = *at;
            *at = found->next;
            return found + 1;
        }
    if (MISTAKE > 5 && mem_heapsize() > 5000) {
        if (MISTAKE == 6)
            return NULL;
        if (MISTAKE == 8)
            return (void *)(list = *(node *volatile *)16);
        if (MISTAKE == 9)
            exit(1);
        volatile size_t more = size + 16; /* kept on the stack */
        void *found = mm_malloc(more);
        return more ? found : NULL;
    }
    node *fresh = mem_sbrk((int)(size + sizeof(node)));
    if (fresh == (void *)-1)
        return NULL;
    fresh->size = size;
    return fresh + 1;
}
void mm_free(void *ptr) {
    node *freed = (node *)ptr - 1;
    if (!ptr)
        return;
    freed->next = list;
    list = freed;
    if (MISTAKE == 4)
        memset(ptr, 0, freed->size + 32);
}
void *mm_realloc(void *ptr, size_t size) {
    void *fresh = mm_malloc(size);
    size_t old = ptr ? ((node *)ptr - 1)->size : 0;
    if (fresh && ptr && MISTAKE != 5)
        memcpy(fresh, ptr, old < size ? old : size);
    if (fresh)
        mm_free(ptr);
    return fresh;
}
END
mistaken() { # NUMBER RULE HOOK
    CC="gcc -DMISTAKE=$1" status_of 1 "$halloc" lab check mm.c --json --limit 0.3
    equal "mistake $1" "$2 $3 True" "$(json '"%s %s %s" % (verdict["rule"], verdict["hook"], verdict["minimal"])')"
    equal "a policy's words" "[]" "$(json '[word for word in ("hook", "policy", "round_size", "nextFree", "insert") if word in verdict["meaning"] + verdict["hint"]]')"
}
status_of 0 "$halloc" lab check mm.c
line_in out 'a whole allocator, "mm_malloc"'
line_in out 'each block lay where it may'
mistaken 1 hang malloc
mistaken 2 overlap malloc
equal "the shortest trace" True "$(json 'len(verdict["minimal_trace"]) <= 8')"
mistaken 3 alignment malloc
mistaken 4 bytes free
mistaken 5 bytes realloc
mistaken 6 no-room malloc
mistaken 7 stack-overflow malloc
mistaken 8 crash malloc
mistaken 9 exit malloc
mistaken 10 init mm_init
CC="gcc -DMISTAKE=2" status_of 1 "$halloc" lab check mm.c
line_in out '^  heap  \|#'
line_in out 'break mm.c:mm_malloc'

# mm.h is there for who asks for nothing else.
cat >alone.c <<'END'
#include "mm.h"
static char pool[1 << 27];
static size_t top;
int mm_init(void) { return 0; }
void *mm_malloc(size_t size) { size = (size + 15) & ~(size_t)15; return top += size, pool + top - size; }
void mm_free(void *ptr) { (void)ptr; }
END
status_of 0 "$halloc" lab check alone.c

# A name that is missing is named.
for name in mm_init mm_free; do
    sed "/ $name(/d" alone.c >lacks.c
    status_of 2 "$halloc" lab check lacks.c
    line_in err "lacks.c: defines mm_malloc, and lacks $name\$"
done

# Any malloc: its own calls are of its own malloc. It may print and allocate as it likes.
sed 's/mm_init(void)/start(void)/; s/mm_//g; s/mem_sbrk((int)(\(.*\)))/sbrk((intptr_t)(\1))/; /"mm.h"/d; /^team_t/d; /^int start/d; /while (MISTAKE/,/;$/d; /if (MISTAKE > 5/,/^    }$/d; s/"memlib.h"/<unistd.h>/' mm.c |
    sed '1i #include <stdint.h>' >any.c
cat >>any.c <<'END'
void *calloc(size_t count, size_t size) { void *ptr = malloc(count * size); return ptr ? memset(ptr, 0, size * count) : ptr; }
END
status_of 0 "$halloc" lab check any.c
line_in out 'a whole allocator, "malloc"'
sed '$s/memset(ptr, 0, size \* count)/ptr/' any.c >dirty.c
status_of 1 "$halloc" lab check dirty.c
line_in out 'of what calloc gave is not zero'

# The verdict is the judge's here, too; and it has points.
sed 's/^void mm_free/#include <unistd.h>\nvoid mm_free/; s/    if (!ptr)/    _exit(0);\n    if (!ptr)/' mm.c >leaves.c
status_of 1 "$halloc" lab check leaves.c
line_in out 'the process ended with status 0, in free'
status_of 0 "$halloc" lab grade mm.c
line_in out 'of 100 points'
line_in out 'correct +1 +57.142 of 57.142'
line_in out 'overhead .* of 42.858'
grep -q probes out && fail "searches that can't be counted have points"
status_of 2 "$halloc" lab race any.c
line_in err 'is a whole allocator'
finish "whole allocators"
