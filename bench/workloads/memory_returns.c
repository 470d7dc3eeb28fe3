/*
 * memory_returns.c - uses 1 GiB in objects of 256 B to 4 KiB, frees 95 % of them at random, then the rest.
 *
 * Stresses what a program that was once busy keeps from everyone else. After each of the two, it is idle but
 * for some small calls, for up to two seconds, and says what is resident: at once, and in the end. Its time is
 * not raced.
 * A good allocator gives back what it can without being asked: after the first, what no survivor shares a
 * page with; after the second, nearly all.
 */
#include "workload.h"

#include <time.h>

#define SECONDS 2

/* A little of everything, 5,000 calls a second: what a server does that is nearly idle. Quick at small scales. */
static void be_active(struct dice *dice) {
    size_t milliseconds = scale < 0.1 ? 10 : SECONDS * 1000;
    void *few[16] = {0};
    for (size_t passed = 0; passed < milliseconds; passed++) {
        for (unsigned i = 0; i < 5; i++) {
            void **place = &few[below(dice, 16)];
            free(*place);
            *place = take(log_between(dice, 64, 8 * KIB));
        }
        nanosleep(&(struct timespec){0, 930000}, NULL);
    }
    for (unsigned i = 0; i < 16; i++)
        free(few[i]);
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    size_t goal = scaled(1024.0 * (double)MIB, MIB), count = 0, used = 0;
    size_t most = goal / 256 + 1;
    void **object = malloc(most * sizeof *object);
    struct dice dice = dice_for(11);
    for (; used < goal && count < most; count++) {
        size_t bytes = between(&dice, 256, 4 * KIB);
        object[count] = memset(take(bytes), 1, bytes);
        used += bytes;
    }
    figure("used_mib", (double)used / (double)MIB);
    figure("resident_full_mib", resident_mib());
    for (size_t i = 0; i < count; i++) {
        if (below(&dice, 100) < 95) {
            free(object[i]);
            object[i] = NULL;
        }
    }
    figure("resident_after_95_percent_mib", resident_mib());
    be_active(&dice);
    figure("resident_after_95_percent_and_2s_mib", resident_mib());
    for (size_t i = 0; i < count; i++)
        free(object[i]);
    free(object);
    figure("resident_after_all_mib", resident_mib());
    be_active(&dice);
    figure("resident_after_all_and_2s_mib", resident_mib());
    figure("operations", (double)count * 2);
}
