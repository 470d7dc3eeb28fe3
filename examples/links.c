/*
 * links.c - an allocator records which slots are free, in the slots themselves or beside them. The difference
 * shows when a page goes back to the system.
 *
 *      gcc -O2 examples/links.c -o links && ./links
 *
 * A slab of 16 pages has 64 slots, four a page, all free. The program gives the third page back. Then it counts
 * the slots that each record still knows to be free.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS 64
#define SLOTS_A_PAGE 4

static char *slab;
static void **list;    /* the first free slot. The first word of each leads to the next */
static uint64_t notes; /* the other way: a bit a slot                                  */

static void free_all(size_t slot_bytes) {
    for (int slot = SLOTS - 1; slot >= 0; slot--) {
        void **words = (void **)(slab + (size_t)slot * slot_bytes);
        *words = list;
        list = words;
        notes |= (uint64_t)1 << slot;
    }
}

static int listed(void) {
    int count = 0;
    for (void **slot = list; slot; slot = *slot)
        count++;
    return count;
}

static void report(const char *when) {
    printf("%-28s %2d on the list, %2d in the notes\n", when, listed(), __builtin_popcountll(notes));
}

int main(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = page * SLOTS / SLOTS_A_PAGE;
    slab = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slab == MAP_FAILED)
        return 1;
    free_all(page / SLOTS_A_PAGE);
    report("all 64 slots are free:");
    if (madvise(slab + 2 * page, page, MADV_DONTNEED))
        return 1;
    report("the third page given back:");
    return 0;
}
