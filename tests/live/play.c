/* play.c - plays a .rep trace (halloc export) on this program's malloc: its calls, one after the other. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    unsigned long hint, ids, lines, weight, size;
    long id;
    char kind;
    if (!file || fscanf(file, "%lu %lu %lu %lu", &hint, &ids, &lines, &weight) != 4)
        return 1;
    void **objects = calloc(ids + 1, sizeof *objects);
    unsigned long played = 0;
    for (; objects && fscanf(file, " %c %ld", &kind, &id) == 2; played++) {
        if (kind == 'f') {
            free(id < 0 ? NULL : objects[id]);
            continue;
        }
        if (fscanf(file, "%lu", &size) != 1)
            return 1;
        objects[id] = kind == 'a' ? malloc(size) : realloc(objects[id], size);
    }
    return played == lines ? 0 : 1;
}
