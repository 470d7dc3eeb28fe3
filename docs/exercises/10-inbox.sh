# The contract of 10-inbox.c: bash exercises/10-inbox.sh FILE.c says what is broken first, and exits 0 or 1.
#
# It does not wait for two threads to meet by chance. It runs your functions one machine instruction at a time, and after
# the first, the second, the third ... somebody else hands over a slot (on x86-64). Then real threads have their turn.
. "$(dirname "$0")/judge.sh"
cat >"$work/contract.c" <<'EOF'
#define _GNU_SOURCE
#include FILE_TO_JUDGE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

static size_t length_of(const struct slot *slot, size_t most) {
    size_t length = 0;
    for (; slot && length <= most; slot = slot->next)
        length++;
    return length;
}

static void too_long(int signal) {
    static const char text[] = "it waits for ever: for somebody who was interrupted\n";
    (void)signal;
    (void)!write(1, text, sizeof text - 1);
    _exit(1);
}

/* --- Interrupted after every instruction ------------------------------------------------------------ */

static struct inbox inbox;
static struct slot slots[3];
static long steps_left;

#ifdef __x86_64__
static void between(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)info;
    if (steps_left-- > 0)
        return;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100; /* the trap flag */
    inbox_hand_over(&inbox, &slots[2], &slots[2]);
}

#define TRAP(on) __asm__ volatile("pushfq; " on "; popfq" ::: "memory", "cc")

/* What arrives when `act` is interrupted after so many instructions; 0: it had ended by then. */
static size_t arrived(struct slot *(*act)(void), long after) {
    steps_left = after;
    TRAP("orq $0x100, (%%rsp)");
    struct slot *got = act();
    TRAP("andq $~0x100, (%%rsp)");
    size_t length = length_of(got, 3);
    return steps_left >= 0 ? 0 : length + length_of(inbox_collect(&inbox), 3);
}

static struct slot *hand_over(void) {
    inbox_hand_over(&inbox, &slots[0], &slots[1]);
    return NULL;
}

static struct slot *collect(void) {
    return inbox_collect(&inbox);
}

static void interrupt(const char *name, struct slot *(*act)(void)) {
    size_t all = 3;
    for (long after = 0; all; after++) {
        slots[0].next = &slots[1];
        inbox.first = NULL;
        if (act == collect)
            hand_over();
        all = arrived(act, after);
        if (!all || all == 3)
            continue;
        printf("%s, interrupted by a hand_over after %ld instructions: of 3 slots %zu arrived\n", name, after, all);
        exit(1);
    }
}

static void every_instruction(void) {
    struct sigaction action = {.sa_sigaction = between, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    interrupt("hand_over", hand_over);
    interrupt("collect", collect);
}
#else
static void every_instruction(void) {
}
#endif

/* --- Threads --------------------------------------------------------------------------------------- */

#define MANY 300000
static struct slot many[2][MANY];

static void *hand_over_many(void *of) {
    struct slot *mine = of;
    for (int at = 0; at < MANY; at++)
        inbox_hand_over(&inbox, &mine[at], &mine[at]);
    return NULL;
}

static void threads(void) {
    pthread_t thread[2];
    size_t arrived = 0;
    inbox.first = NULL;
    for (int at = 0; at < 2; at++)
        pthread_create(&thread[at], NULL, hand_over_many, many[at]);
    for (int round = 0; round < 100000; round++)
        arrived += length_of(inbox_collect(&inbox), 2 * MANY);
    for (int at = 0; at < 2; at++)
        pthread_join(thread[at], NULL);
    arrived += length_of(inbox_collect(&inbox), 2 * MANY);
    if (arrived == 2 * MANY)
        return;
    printf("two threads handed over %d slots, and %zu arrived\n", 2 * MANY, arrived);
    exit(1);
}

int main(int count, char **words) {
    signal(SIGALRM, too_long);
    alarm(60);
    every_instruction();
    threads();
    puts("the contract is kept");
    return count == 2 && dprintf(3, "%s", words[1]) > 0 ? 0 : 1;
}
EOF
flags=()
[ "$(uname -m)" != x86_64 ] || flags=(-mno-red-zone) # the contract pushes the flags on the stack
compile_contract "$1" -O1 "${flags[@]}" -pthread
judge "$work/contract"
