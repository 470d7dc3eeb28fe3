/*
 * channel.h - a bounded channel that hands batches of blocks from one thread to another.
 *
 * A mutex and two conditions: what a program would use. Batches of 64 make its own cost small beside that of
 * the 64 calls on each side.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "workload.h"

#define BATCH 64
#define CHANNEL_BATCHES 32

struct batch {
    void *block[BATCH];
};

struct channel {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    size_t sent, received;
    struct batch batches[CHANNEL_BATCHES];
};

static inline void channel_open(struct channel *channel) {
    pthread_mutex_init(&channel->lock, NULL);
    pthread_cond_init(&channel->filled, NULL);
    pthread_cond_init(&channel->emptied, NULL);
}

static inline void channel_send(struct channel *channel, const struct batch *batch) {
    pthread_mutex_lock(&channel->lock);
    while (channel->sent - channel->received == CHANNEL_BATCHES)
        pthread_cond_wait(&channel->emptied, &channel->lock);
    channel->batches[channel->sent++ % CHANNEL_BATCHES] = *batch;
    pthread_cond_signal(&channel->filled);
    pthread_mutex_unlock(&channel->lock);
}

static inline void channel_receive(struct channel *channel, struct batch *batch) {
    pthread_mutex_lock(&channel->lock);
    while (channel->sent == channel->received)
        pthread_cond_wait(&channel->filled, &channel->lock);
    *batch = channel->batches[channel->received++ % CHANNEL_BATCHES];
    pthread_cond_signal(&channel->emptied);
    pthread_mutex_unlock(&channel->lock);
}

/* Frees what came through a channel, having looked at it, as whoever is sent something does. */
static inline void give(void *block) {
    (void)*(volatile char *)block;
    free(block);
}

#endif
