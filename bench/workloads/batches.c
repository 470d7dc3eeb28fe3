/*
 * batches.c - 32 MiB of small blocks taken, then all freed; in order, backwards, every third first.
 *
 * Stresses the making and giving back of whole slabs: compilers between files, requests with a pool each.
 * A good allocator faults its memory in once, keeps it warm from batch to batch, and is not slowed by the
 * order of the frees.
 */
#include "workload.h"

#define BLOCKS 250000

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    static void *block[BLOCKS];
    struct dice dice = dice_for(4);
    size_t batches = scaled(30, 1), count = scale < 1 ? scaled(BLOCKS, 100) : BLOCKS;
    for (size_t batch = 0; batch < batches; batch++) {
        for (size_t i = 0; i < count; i++)
            block[i] = take(between(&dice, 16, 240));
        if (batch % 3 == 0)
            for (size_t i = 0; i < count; i++)
                free(block[i]);
        else if (batch % 3 == 1)
            for (size_t i = count; i-- > 0;)
                free(block[i]);
        else
            for (size_t first = 0; first < 3; first++)
                for (size_t i = first; i < count; i += 3)
                    free(block[i]);
    }
    figure("operations", (double)batches * (double)count * 2);
}
