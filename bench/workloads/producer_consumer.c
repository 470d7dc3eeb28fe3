/*
 * producer_consumer.c - half of the threads only take, the other half only free. VARIANT: the largest size.
 *
 * Stresses frees from other threads at their purest: no block is ever freed by the thread that took it.
 * A good allocator hands blocks back in batches, touches the owner's cache lines rarely, takes no lock that
 * both sides want, and its memory stays bounded: what the consumer frees, the producer gets again.
 */
#include "channel.h"

static struct channel channels[THREADS_MOST / 2];
static size_t batches, most = 256;

static void *work(void *argument) {
    unsigned number = (unsigned)(uintptr_t)argument;
    struct channel *channel = &channels[number / 2];
    struct dice dice = dice_for(200 + number);
    struct batch batch;
    for (size_t i = 0; i < batches; i++) {
        if (number % 2) {
            channel_receive(channel, &batch);
            for (unsigned j = 0; j < BATCH; j++)
                give(batch.block[j]);
        } else {
            for (unsigned j = 0; j < BATCH; j++)
                batch.block[j] = take(log_between(&dice, 16, most));
            channel_send(channel, &batch);
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    if (*variant)
        most = (size_t)atol(variant);
    unsigned pairs = threads < 2 ? 1 : threads / 2;
    batches = scaled((most > 4096 ? 30e3 : 150e3) / pairs, 10);
    for (unsigned i = 0; i < pairs; i++)
        channel_open(&channels[i]);
    in_threads(2 * pairs, work);
    figure("operations", (double)batches * pairs * BATCH * 2);
}
