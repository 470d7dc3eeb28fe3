/*
 * tide.c - allocates and frees in steps, and prints how much memory is resident after each.
 *
 *      gcc -O2 examples/tide.c -o tide && halloc run -o report.txt -- ./tide 1024
 *
 * The program allocates 60 MiB in objects of the given size, then frees all but one in 64. It does so twice: with
 * the survivors side by side, and with 63 free neighbours between any two. The objects form a linked list.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALL_BYTES (60 << 20)
#define KEPT_OF 64

struct object {
    struct object *next;
};

static struct object *first;
static size_t bytes = 1024;

static void report(const char *step) {
    unsigned long all, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%lu %lu", &all, &resident) != 2)
        exit(1);
    fclose(file);
    printf("  %-38s %3lu MB resident\n", step, resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1000000);
}

static void fill(void) {
    struct object **end = &first;
    for (size_t at = 0; at < ALL_BYTES / bytes; at++) {
        *end = malloc(bytes);
        if (!*end)
            exit(1);
        memset(*end, 0, bytes);
        end = &(*end)->next;
    }
}

static void free_all_but_one_in_64(int scattered) {
    struct object **link = &first;
    for (size_t at = 0; *link; at++) {
        struct object *object = *link;
        int survives = scattered ? at % KEPT_OF == 0 : at < ALL_BYTES / bytes / KEPT_OF;
        if (survives) {
            link = &object->next;
        } else {
            *link = object->next;
            free(object);
        }
    }
}

static void free_all(void) {
    while (first) {
        struct object *object = first;
        first = object->next;
        free(object);
    }
}

int main(int count, char **arguments) {
    bytes = count > 1 ? strtoul(arguments[1], NULL, 10) : bytes;
    if (bytes < sizeof(struct object)) {
        fprintf(stderr, "usage: tide [BYTES]\n");
        return 1;
    }
    for (int scattered = 0; scattered < 2; scattered++) {
        printf("survivors %s\n", scattered ? "scattered" : "side by side");
        fill();
        report("60 MiB in objects");
        free_all_but_one_in_64(scattered);
        report("63 of 64 freed");
        malloc_trim(0);
        report("malloc_trim");
        free_all();
        malloc_trim(0);
        report("all freed, malloc_trim");
    }
    return 0;
}
