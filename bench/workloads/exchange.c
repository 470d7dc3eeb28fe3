/*
 * exchange.c - a ring of threads: each takes blocks, sends them to its neighbour, and frees what it is sent.
 *
 * Stresses frees from other threads where everyone is both: actors, pipelines, work that is stolen.
 * A good allocator does not let two threads' slabs share cache lines, and takes back what comes home before
 * it makes new slabs.
 */
#include "channel.h"

static struct channel channels[THREADS_MOST];
static size_t batches;

static void *work(void *argument) {
    unsigned number = (unsigned)(uintptr_t)argument;
    struct dice dice = dice_for(300 + number);
    struct batch batch;
    /* A few batches are on their way at any time, so nobody waits for long. */
    for (size_t i = 0; i < batches + CHANNEL_BATCHES / 2; i++) {
        if (i < batches) {
            for (unsigned j = 0; j < BATCH; j++)
                batch.block[j] = take(log_between(&dice, 16, 1023));
            channel_send(&channels[(number + 1) % threads], &batch);
        }
        if (i >= CHANNEL_BATCHES / 2) {
            channel_receive(&channels[number], &batch);
            for (unsigned j = 0; j < BATCH; j++)
                give(batch.block[j]);
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    batches = scaled(160e3 / threads, 10);
    for (unsigned i = 0; i < threads; i++)
        channel_open(&channels[i]);
    in_threads(threads, work);
    figure("operations", (double)batches * threads * BATCH * 2);
}
