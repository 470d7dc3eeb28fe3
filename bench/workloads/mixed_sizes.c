/*
 * mixed_sizes.c - sizes and lifetimes as programs have them: mostly small, mostly brief, a few for long.
 *
 * Sizes: three in four below 128 bytes, some to 1 KiB, a few to 32 KiB, one in some thousand larger. Lives: most
 * objects die among the next hundred calls, some after 10,000, some stay to the end.
 * Stresses everything at once, in one thread's proportions. A good allocator has no weak spot here.
 */
#include "workload.h"

#define BRIEF 128
#define LONGER 16384
#define STAYING 200000

static size_t any_size(struct dice *dice) {
    size_t kind = below(dice, 4096);
    if (kind < 3072)
        return between(dice, 8, 127);
    if (kind < 3900)
        return log_between(dice, 128, 1023);
    if (kind < 4094)
        return log_between(dice, 1024, 32 * KIB);
    return log_between(dice, 32 * KIB, 256 * KIB);
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    static void *brief[BRIEF], *longer[LONGER], *staying[STAYING];
    struct dice dice = dice_for(10);
    size_t steps = scaled(5.5e6, 1000), stayed = 0;
    for (size_t step = 0; step < steps; step++) {
        size_t life = below(&dice, 256), bytes = any_size(&dice);
        void **place = life < 240 ? &brief[below(&dice, BRIEF)] : &longer[below(&dice, LONGER)];
        if (life == 255 && bytes < KIB && stayed < STAYING)
            place = &staying[stayed++];
        free(*place);
        *place = take(bytes);
    }
    for (size_t i = 0; i < LONGER; i++)
        free(longer[i]);
    for (size_t i = 0; i < BRIEF; i++)
        free(brief[i]);
    for (size_t i = 0; i < stayed; i++)
        free(staying[i]);
    figure("operations", (double)steps * 2);
}
