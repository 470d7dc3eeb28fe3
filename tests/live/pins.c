/* pins.c - objects of one size by three call sites: many that stay together, one in 64 that stays among others, and
 * those others, which go. "alike": all have the same content. It says "ready", and waits. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define TOGETHER 400000
#define ROUNDS 16000
#define OTHERS 63

struct type {
    const char *name;
};
static const struct type together = {"together"}, single = {"single"}, other = {"other"};

struct object {
    const struct type *type;
    size_t number;
    char rest[48];
};

static struct object *volatile kept[TOGETHER + ROUNDS], *volatile others[ROUNDS][OTHERS];
static int alike;

static struct object *fill(struct object *object, const struct type *type, size_t number) {
    memset(object, 0, sizeof *object);
    object->type = alike ? &other : type;
    object->number = alike ? 0 : number;
    return object;
}

__attribute__((noinline)) static void keep_together(size_t number) {
    kept[number] = fill(malloc(sizeof(struct object)), &together, number);
}

__attribute__((noinline)) static void keep_single(size_t number) {
    kept[TOGETHER + number] = fill(malloc(sizeof(struct object)), &single, number);
}

__attribute__((noinline)) static struct object *make_other(size_t number) {
    return fill(malloc(sizeof(struct object)), &other, number);
}

int main(int argc, char **argv) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alike = argc > 1 && strcmp(argv[1], "alike") == 0;
    for (size_t number = 0; number < TOGETHER; number++)
        keep_together(number);
    for (size_t round = 0; round < ROUNDS; round++) {
        keep_single(round);
        for (size_t number = 0; number < OTHERS; number++)
            others[round][number] = make_other(number);
    }
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t number = 0; number < OTHERS; number++)
            free(others[round][number]);
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
