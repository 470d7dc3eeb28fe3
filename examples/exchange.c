/* exchange.c - two processes, one heap: a program writes letters, a stranger answers and frees them.
 *
 *     gcc -I.. exchange.c ../halloc.c -lrt -o exchange && ./exchange
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "halloc.h"

enum { BYTES = 65536, LETTERS = 500 };

struct letter {
    struct letter *next; /* an address is the same in both processes */
    char text[40];
};

/* Far from where programs and libraries lie, so that it is free in the other process, too. */
#define PLACE ((void *)0x200000000000)

static void *map(int fd, void *place) {
    void *memory = mmap(place, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
    return memory == place ? memory : (perror("mmap"), exit(1), NULL);
}

/* The stranger: all that it knows is a file, and the first letter's address. */
static int answer(int fd, struct letter *letter) {
    void *home;
    if (pread(fd, &home, sizeof home, 0) != sizeof home)
        return 1;
    halloc_heap *heap = halloc_heap_attach(map(fd, home), BYTES);
    if (!heap)
        return perror("halloc_heap_attach"), 1;
    struct letter *reply = halloc_heap_zeroed(heap, 1, sizeof *reply);
    int count = 0;
    for (struct letter *next; (next = letter->next); letter = next, count++)
        halloc_heap_deallocate(heap, letter);
    snprintf(reply->text, sizeof reply->text, "%d letters read and freed", count);
    letter->next = reply;
    return 0;
}

int main(int count, char **arguments) {
    if (count == 3)
        return answer(atoi(arguments[1]), (struct letter *)strtoul(arguments[2], NULL, 16));
    int fd = memfd_create("letters", 0), status;
    if (ftruncate(fd, BYTES) != 0)
        return 1;
    halloc_heap_options options = {.memory = map(fd, PLACE), .memory_bytes = BYTES, .shared = true};
    halloc_heap *heap = halloc_heap_create(&options);
    struct letter *last = halloc_heap_zeroed(heap, 1, sizeof *last), *first = last;
    for (int number = 0; number < LETTERS; number++) {
        struct letter *letter = halloc_heap_allocate(heap, sizeof *letter);
        letter->next = first;
        first = letter;
    }
    char file[16], address[24];
    snprintf(file, sizeof file, "%d", fd);
    snprintf(address, sizeof address, "%p", (void *)first);
    if (fork() == 0)
        execl("/proc/self/exe", arguments[0], file, address, NULL);
    if (wait(&status) < 0 || status != 0)
        return 1;
    printf("%s\n", last->next->text);
    return 0;
}
