/*
 * sessions.c - threads replace sessions in one table, eight in the race: any thread frees what any other took.
 *
 *      variant     sessions' buffers
 *      small       64 to 2,000 B, all the time
 *      large       a third of the time up to 6,000 B, then small ones again
 *
 * Stresses what each of many threads keeps of each size: a service with a pool of threads and one store.
 * A good allocator lets room that one thread freed serve the others, and needs little more than is in use.
 */
#include "workload.h"

#define SESSIONS 20000
#define PHASES 3

struct session {
    char *name, *buffer;
    uint64_t seen[8];
};

static struct session *sessions[SESSIONS];
static size_t calls_a_phase;

static struct session *open_session(struct dice *dice, size_t most) {
    struct session *session = take(sizeof *session);
    session->name = take(between(dice, 16, 80));
    session->buffer = take_whole(between(dice, 64, most));
    return session;
}

static void close_session(struct session *session) {
    if (!session)
        return;
    free(session->buffer);
    free(session->name);
    free(session);
}

static void *work(void *argument) {
    struct dice dice = dice_for(600 + (uintptr_t)argument);
    for (unsigned phase = 0; phase < PHASES; phase++) {
        size_t most = phase == 1 && !strcmp(variant, "large") ? 6000 : 2000;
        for (size_t call = 0; call < calls_a_phase; call++) {
            struct session *fresh = open_session(&dice, most);
            close_session(__atomic_exchange_n(&sessions[below(&dice, SESSIONS)], fresh, __ATOMIC_ACQ_REL));
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    calls_a_phase = scaled(600e3 / threads, 10);
    in_threads(threads, work);
    figure("operations", (double)calls_a_phase * threads * PHASES * 6);
    figure("resident_mib", resident_mib());
}
