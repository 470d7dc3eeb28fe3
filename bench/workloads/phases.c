/*
 * phases.c - each phase fills 40 MiB with one range of sizes, then keeps every twentieth object for good.
 *
 * Stresses fragmentation: what the survivors leave between them fits nothing of the next phase's sizes,
 * unless whole slabs and blocks become free and are used for other sizes. Programs that load, then index,
 * then serve.
 * A good allocator's peak stays near the largest phase plus the survivors.
 */
#include "workload.h"

#define PHASES 12
#define PHASE_BYTES (40 * MIB)
#define OBJECTS_MOST (PHASE_BYTES / 24)

int main(int argc, char **argv) {
    static const size_t least[] = {24, 700, 3000, 100, 9000, 40, 300, 20000, 60, 1500};
    workload_begin(argc, argv);
    size_t most = scaled(OBJECTS_MOST, 1000), calls = 0, bytes = scaled((double)PHASE_BYTES, 24000);
    void **object = malloc(most * sizeof *object);
    void **survivor = malloc(most * sizeof *survivor);
    size_t survivors = 0;
    struct dice dice = dice_for(5);
    for (unsigned phase = 0; phase < PHASES; phase++) {
        size_t low = least[phase % (sizeof least / sizeof *least)], count = 0;
        for (size_t left = bytes; left > 2 * low && count < most;) {
            size_t size = between(&dice, low, 2 * low);
            object[count++] = size <= 4096 ? take(size) : take_whole(size);
            left -= size;
        }
        for (size_t i = 0; i < count; i++) {
            if (below(&dice, 20) == 0 && survivors < most)
                survivor[survivors++] = object[i];
            else
                free(object[i]);
        }
        calls += 2 * count;
    }
    for (size_t i = 0; i < survivors; i++)
        free(survivor[i]);
    free(object);
    free(survivor);
    figure("operations", (double)calls);
}
