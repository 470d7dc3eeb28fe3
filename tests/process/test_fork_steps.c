/*
 * test_fork_steps.c - a fork after every single instruction of malloc and free that may change memory.
 *
 * With the processor's trap flag set there is a signal after each instruction. So there is no
 * window too small to be met: between taking a lock and noting whose it is, between two stores to
 * a descriptor. x86-64 only; elsewhere test_fork.c has to meet them by luck.
 */
#include "process.h"

#ifdef __x86_64__

#include <link.h>

#include "../steps.h"

static struct {
    uintptr_t low, high; /* the library's code */
    void (*work)(void);
    volatile int steps, forks;
} stepping;

static int find_library(struct dl_phdr_info *info, size_t size UNUSED, void *inside) {
    for (int index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[index];
        uintptr_t low = info->dlpi_addr + part->p_vaddr, high = low + part->p_memsz;
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) && (uintptr_t)inside >= low &&
            (uintptr_t)inside < high) {
            stepping.low = low;
            stepping.high = high;
            return 1;
        }
    }
    return 0;
}

static bool is_inside(const void *context) {
    uintptr_t at = step_address(context);
    return at >= stepping.low && at < stepping.high;
}

static void assert_sound_child(void) {
    const char *broken;
    if (!halloc_process_check(&broken)) {
        dprintf(2, "broken: %s\n", broken);
        _exit(98);
    }
}

/* --- The interrupted thread itself forks ------------------------------------------------------------ */

static volatile sig_atomic_t in_signal_child;

static void fork_at_this_instruction(int number UNUSED, siginfo_t *info UNUSED, void *context) {
    step_note(context);
    stepping.steps += is_inside(context);
    if (!step_has_stored || !is_inside(context))
        return;
    step_has_stored = false;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    stepping.forks++;
    pid_t child = fork();
    if (child == 0) {
        in_signal_child = 1;
        registers[REG_EFL] &= ~TRAP_FLAG;
        alarm(500);
        return;
    }
    int status = -1;
    waitpid(child, &status, 0);
    if (status) {
        dprintf(2, "forked at %#lx of the library: status %x\n", (uintptr_t)registers[REG_RIP] - stepping.low,
                (unsigned)status);
        _exit(97);
    }
}

/* The child of each step finishes the interrupted call and works on. */
static void step_through(void *argument UNUSED) {
    child_assert(dl_iterate_phdr(find_library, (void *)(uintptr_t)halloc_version) == 1);
    on_each_step(fork_at_this_instruction);
    alarm(500); /* a hang is a failure */
    step_on();
    stepping.work();
    step_off();
    assert_sound_child();
    if (in_signal_child) {
        free(malloc(500));
        free(malloc(500 * KIB));
        _exit(0);
    }
    child_assert(stepping.steps > 300 && stepping.forks > 30);
}

static void new_slab_and_large_block(void) {
    void *small = malloc(700), *large = malloc(50 * KIB);
    free(small);
    free(large);
}

static void *stepped_thread(void *argument UNUSED) {
    step_on();
    free(malloc(300));
    step_off();
    if (in_signal_child)
        _exit(0);
    return NULL;
}

/* The first call of a thread, in which its cache is made. */
static void a_thread_that_is_stepped(void) {
    step_off();
    pthread_t thread;
    child_assert(pthread_create(&thread, NULL, stepped_thread, NULL) == 0);
    child_assert(pthread_join(thread, NULL) == 0);
}

static void a_fork_after_every_store(void **state UNUSED) {
    stepping.work = new_slab_and_large_block;
    assert_child_fine(in_child(step_through, NULL));
}

static void a_fork_after_every_store_of_a_threads_first_call(void **state UNUSED) {
    stepping.work = a_thread_that_is_stepped;
    assert_child_fine(in_child(step_through, NULL));
}

/* A fork, and in it another at each instruction of our handlers: before it, after it and in its child. */
static void a_fork_that_is_stepped(void) {
    pid_t child = fork();
    step_off();
    if (child == 0) {
        free(malloc(500));
        free(malloc(500 * KIB));
        _exit(0);
    }
    int status = -1;
    if (waitpid(child, &status, 0) == child)
        child_assert(status == 0);
    else
        child_assert(in_signal_child && errno == ECHILD); /* the child is its parent's */
}

static void a_fork_after_every_store_of_a_fork(void **state UNUSED) {
    stepping.work = a_fork_that_is_stepped;
    assert_child_fine(in_child(step_through, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(malloc_is_ours),
        test(a_fork_after_every_store),
        test(a_fork_after_every_store_of_a_threads_first_call),
        test(a_fork_after_every_store_of_a_fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
int main(void) {
    puts("skipped: the trap flag is x86-64's");
    return 77;
}
#endif
