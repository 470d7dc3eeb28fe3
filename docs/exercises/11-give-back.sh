# The contract of 11-give-back.c: bash exercises/11-give-back.sh FILE.c says what is broken first, and exits 0 or 1.
. "$(dirname "$0")/judge.sh"
cat >"$work/contract.c" <<'EOF'
#include FILE_TO_JUDGE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES 8
#define DATA 0x5a

static size_t page;
static char *heap;

static void want(bool so, const char *what, size_t start, size_t bytes) {
    if (so)
        return;
    printf("a free block of %zu bytes, %zu bytes into a page: %s\n", bytes, start % page, what);
    exit(1);
}

static bool is_resident(size_t at) {
    unsigned char state = 0;
    return mincore(heap + at / page * page, page, &state) == 0 && (state & 1);
}

/* The block is [start, start + bytes) of the heap; all around it somebody's data. */
static void try(size_t start, size_t bytes) {
    size_t whole_from = (start + page - 1) / page * page, whole_to = (start + bytes) / page * page;
    size_t whole = whole_from < whole_to ? whole_to - whole_from : 0;
    memset(heap, DATA, PAGES * page);
    size_t given = give_back(heap + start, bytes);
    for (size_t at = 0; at < PAGES * page; at++)
        if (at < start || at >= start + bytes)
            want(heap[at] == DATA, "a neighbour's data is lost", start, bytes);
    memset(heap, DATA, PAGES * page);
    give_back(heap + start, bytes);
    for (size_t at = whole_from; whole && at < whole_to; at += page)
        want(!is_resident(at), "a page that lies wholly in it is still resident", start, bytes);
    want(given == whole, "what it returns is not what went back", start, bytes);
    for (size_t at = whole_from; whole && at < whole_to; at++)
        want(heap[at] == 0, "what went back does not read as zero", start, bytes);
}

int main(int count, char **words) {
    page = (size_t)sysconf(_SC_PAGESIZE);
    heap = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (heap == MAP_FAILED)
        return 1;
    try(page, 2 * page);
    try(page + 48, 3 * page);
    try(page / 2, page / 2 + 2 * page);
    try(2 * page + 16, page - 32);
    try(2 * page + page / 2, page);
    if (mlock(heap + page, page) == 0) {
        size_t given = give_back(heap + page, page);
        want(given == 0, "its pages are locked, the system kept them, and it says that they went", page, page);
    }
    puts("the contract is kept");
    return count == 2 && dprintf(3, "%s", words[1]) > 0 ? 0 : 1;
}
EOF
compile_contract "$1"
judge "$work/contract"
