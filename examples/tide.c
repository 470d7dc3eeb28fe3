/*
 * tide.c - memory comes and goes: how much of it is resident after each step.
 *
 *      gcc -O2 examples/tide.c -o tide && halloc run -o report.txt -- ./tide
 *
 * 60 MiB in objects of 1 KiB; then all but one in 64 are freed, once with the survivors side by side and
 * once with one in each slab.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OBJECTS 61440
#define KEPT_OF 64

static char *objects[OBJECTS];

static void report(const char *step) {
    unsigned long all, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%lu %lu", &all, &resident) != 2)
        exit(1);
    fclose(file);
    printf("  %-38s %3lu MB resident\n", step, resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1000000);
}

static void fill(void) {
    for (int at = 0; at < OBJECTS; at++) {
        objects[at] = malloc(1024);
        if (!objects[at])
            exit(1);
        memset(objects[at], 1, 1024);
    }
}

/* Frees the objects of one kind: those that survive a first pass, or those that don't. */
static void release(int scattered, int survivors) {
    for (int at = 0; at < OBJECTS; at++) {
        int survives = scattered ? at % KEPT_OF == 0 : at < OBJECTS / KEPT_OF;
        if (survives == survivors)
            free(objects[at]);
    }
}

int main(void) {
    for (int scattered = 0; scattered < 2; scattered++) {
        printf("survivors %s\n", scattered ? "scattered" : "side by side");
        fill();
        report("60 MiB in objects of 1 KiB");
        release(scattered, 0);
        report("63 of 64 freed");
        malloc_trim(0);
        report("malloc_trim");
        release(scattered, 1);
        malloc_trim(0);
        report("all freed, malloc_trim");
    }
    return 0;
}
