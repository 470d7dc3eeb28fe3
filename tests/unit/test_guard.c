/*
 * test_guard.c - guarded objects: each access beside them or after their end is told, with both stacks; the program's
 * own handlers still work; and what they cost is bounded. Each test in a child, whose heap has not started.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* before the first header */
#endif
#include <signal.h>

static int change_handler(int number, const struct sigaction *action, struct sigaction *before);
#define sigaction(number, action, before) change_handler(number, action, before)

#include "unit.h"

#undef sigaction

/* Between two calls of sigaction another thread may come. */
static void (*in_between)(void);
static size_t changes;

static int change_handler(int number, const struct sigaction *action, struct sigaction *before) {
    int result = sigaction(number, action, before);
    void (*come)(void) = in_between;
    in_between = NULL;
    changes++;
    if (come)
        come();
    return result;
}

static char *guarded_object(size_t size) {
    for (int tries = 0; tries < 100000; tries++) {
        char *ptr = halloc_malloc(size);
        if (guard_is_object(ptr))
            return ptr;
        halloc_free(ptr);
    }
    child_assert(!"guarded");
    return NULL;
}

static volatile char sink;

static struct ending misuse(void (*act)(void *), size_t size) {
    setenv("HALLOC_CONF", "guard:4K", 1);
    return in_child(act, &size);
}

static void assert_told(struct ending ending, int signal, const char *told) {
    if (!strstr(ending.text, told))
        fail_msg("not told: %s, but: %s", told, ending.text);
    if (&_Unwind_Backtrace)
        assert_non_null(strstr(ending.text, "halloc:     allocated at "));
    assert_true(WIFSIGNALED(ending.status));
    assert_int_equal(WTERMSIG(ending.status), signal);
}

/* --- What is told ------------------------------------------------------------------------------- */

static void read_behind(void *size) {
    char *ptr = guarded_object(*(size_t *)size);
    sink = ptr[*(size_t *)size];
}

static void reading_behind_an_object_ends_the_program_at_once(void **state UNUSED) {
    assert_told(misuse(read_behind, 64), SIGSEGV, ": 0 bytes behind an object of 64 bytes, which is in use");
    struct ending ending = misuse(read_behind, 4096);
    assert_told(ending, SIGSEGV, ": 0 bytes behind an object of 4096 bytes, which is in use");
    Dl_info file;
    if (&_Unwind_Backtrace && dladdr((void *)(uintptr_t)read_behind, &file))
        assert_non_null(strstr(ending.text, "+0x")); /* in which file, and where */
    assert_null(strstr(ending.text, " 0x0\n"));      /* a stack ends with its last frame */
}

static void write_before(void *size) {
    char *ptr = guarded_object(*(size_t *)size);
    ptr[-(ptrdiff_t)((uintptr_t)ptr % 4096) - 1] = 1;
}

static void writing_before_its_page_ends_the_program_at_once(void **state UNUSED) {
    assert_told(misuse(write_before, 4096), SIGSEGV, ": 1 bytes before an object of 4096 bytes");
}

static void write_after_free(void *size) {
    char *ptr = guarded_object(*(size_t *)size);
    halloc_free(ptr);
    ptr[3] = 1;
}

static void read_first_after_free(void *size) {
    char *ptr = guarded_object(*(size_t *)size);
    halloc_free(ptr);
    sink = ptr[0];
}

static void using_a_freed_object_ends_the_program_with_both_stacks(void **state UNUSED) {
    struct ending ending = misuse(write_after_free, 100);
    assert_told(ending, SIGSEGV, ": 3 bytes into an object of 100 bytes, which was freed");
    if (&_Unwind_Backtrace)
        assert_non_null(strstr(ending.text, "halloc:     freed at "));
    assert_told(misuse(read_first_after_free, 100), SIGSEGV, ": 0 bytes into an object of 100 bytes");
}

static void write_one_too_many(void *size) {
    char *ptr = guarded_object(*(size_t *)size);
    ptr[*(size_t *)size] = 0;
    halloc_free(ptr);
}

static void a_byte_between_object_and_page_is_told_by_free(void **state UNUSED) {
    struct ending ending = misuse(write_one_too_many, 100);
    assert_told(ending, SIGABRT, "): " FAULT_OVERFLOW);
    assert_non_null(strstr(ending.text, ": 0 bytes behind an object of 100 bytes"));
}

static void free_again(void *size) {
    char *ptr = guarded_object(*(size_t *)size);
    halloc_free(ptr);
    halloc_free(ptr);
}

static void free_inside(void *size) {
    halloc_free(guarded_object(*(size_t *)size) + 16);
}

static void a_wrong_free_is_told_with_the_stacks(void **state UNUSED) {
    assert_told(misuse(free_again, 100), SIGABRT, "): " FAULT_FREED);
    assert_told(misuse(free_inside, 100), SIGABRT, "): " FAULT_NO_BLOCK);
}

/* --- The program's handlers ------------------------------------------------------------------------ */

static void own_handler(int signal) {
    dprintf(2, "own handler %d\n", signal);
    _exit(7);
}

static void own_long_handler(int signal, siginfo_t *info, void *context) {
    child_assert(context && info->si_addr);
    own_handler(signal);
}

static void set_own(bool is_long) {
    struct sigaction action = {.sa_flags = is_long ? SA_SIGINFO : 0};
    if (is_long)
        action.sa_sigaction = own_long_handler;
    else
        action.sa_handler = own_handler;
    sigaction(SIGSEGV, &action, NULL);
}

static void handle_before(void *size) {
    set_own(false);
    read_behind(size);
}

static void handle_later(void *size) {
    guarded_object(*(size_t *)size);
    set_own(true);
    read_behind(size);
}

static void handle_other_faults(void *size) {
    set_own(true);
    guarded_object(*(size_t *)size);
    static volatile char *volatile low = (volatile char *)8;
    *low = 1;
}

static void assert_own_handler_ran(struct ending ending, bool told) {
    assert_true(WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == 7);
    assert_non_null(strstr(ending.text, "own handler 11\n"));
    assert_true(told == !!strstr(ending.text, "halloc: access to "));
}

static void the_programs_own_handler_runs_whenever_it_was_set(void **state UNUSED) {
    assert_own_handler_ran(misuse(handle_before, 64), true);
    assert_own_handler_ran(misuse(handle_later, 64), true);
    assert_own_handler_ran(misuse(handle_other_faults, 64), false);
}

static struct sigaction before_own;

static void chain(int signal, siginfo_t *info, void *context) {
    before_own.sa_sigaction(signal, info, context); /* which may call this one */
}

static void handle_in_a_circle(void *size) {
    guarded_object(*(size_t *)size);
    sigaction(SIGSEGV, &(struct sigaction){.sa_flags = SA_SIGINFO, .sa_sigaction = chain}, &before_own);
    read_behind(size);
}

static void handlers_that_call_each_other_come_to_an_end(void **state UNUSED) {
    struct ending ending = misuse(handle_in_a_circle, 64);
    assert_told(ending, SIGSEGV, "behind an object of 64 bytes");
    assert_null(strstr(strstr(ending.text, "halloc: access") + 1, "halloc: access")); /* once */
}

/* A handler that leaves by a jump: each time, also if another one stands before it. */
static sigjmp_buf out;

static void jump_out(int signal) {
    siglongjmp(out, signal);
}

static void chain_to_jump(int signal) {
    before_own.sa_sigaction(signal, &(siginfo_t){.si_signo = signal, .si_code = SEGV_MAPERR}, NULL);
}

static void fault_again_and_again(void *size) {
    static volatile char *volatile low = (volatile char *)8;
    signal(SIGSEGV, jump_out);
    for (volatile int fault = 0; fault < 6; fault++) {
        guarded_object(*(size_t *)size);
        if (fault == 3)
            sigaction(SIGSEGV, &(struct sigaction){.sa_handler = chain_to_jump}, &before_own);
        if (sigsetjmp(out, true) == 0) {
            *low = 1;
            child_assert(!"reached");
        }
    }
}

/* The next object that lies there is another one. */
static void use_each_after_its_end(void *size) {
    signal(SIGSEGV, jump_out);
    for (volatile int fault = 0; fault < 3; fault++) {
        static char *volatile first;
        char *ptr;
        do
            halloc_free(ptr = guarded_object(*(size_t *)size));
        while (first && ptr != first);
        first = ptr;
        for (volatile int times = 0; times < 2; times++)
            if (sigsetjmp(out, true) == 0)
                sink = *ptr;
    }
}

/* An object at another place comes between. */
static void use_one_again_and_again(void *size) {
    signal(SIGSEGV, jump_out);
    static char *ptr;
    ptr = guarded_object(*(size_t *)size);
    halloc_free(ptr);
    for (volatile int times = 0; times < 3; times++) {
        if (sigsetjmp(out, true) == 0)
            sink = *ptr;
        char *other = guarded_object(*(size_t *)size);
        child_assert(guarded_at(other) != guarded_at(ptr));
        halloc_free(other);
    }
}

static size_t times_told(struct ending ending) {
    size_t times = 0;
    for (const char *at = ending.text; (at = strstr(at, "which was freed")); at++)
        times++;
    return times;
}

static void a_handler_may_leave_by_a_jump_each_time(void **state UNUSED) {
    assert_child_fine(misuse(fault_again_and_again, 64));
    assert_int_equal(times_told(misuse(use_each_after_its_end, 64)), 3);
}

static void an_address_is_told_once_for_each_object_there(void **state UNUSED) {
    assert_int_equal(times_told(misuse(use_one_again_and_again, 64)), 1);
}

static void set_more_handlers_than_places(void *size) {
    static sighandler_t const handlers[] = {own_handler, jump_out, chain_to_jump, own_handler, jump_out};
    for (size_t at = 0; at < COUNT(handlers); at++) {
        guarded_object(*(size_t *)size);
        signal(SIGSEGV, handlers[at]);
    }
    guarded_object(*(size_t *)size);
    if (sigsetjmp(out, true) == 0)
        raise(SIGSEGV);
    signal(SIGSEGV, own_handler);
    guarded_object(*(size_t *)size);
    raise(SIGSEGV);
}

static void handlers_that_are_set_in_turn_run(void **state UNUSED) {
    assert_own_handler_ran(misuse(set_more_handlers_than_places, 64), false);
}

/* A signal that somebody sent does what it does without guards. */
static void send_one(void *size) {
    guarded_object(*(size_t *)size);
    kill(getpid(), SIGSEGV);
    child_assert(!"reached");
}

static void send_to_a_thread(void *size) {
    guarded_object(*(size_t *)size);
    raise(SIGSEGV);
    child_assert(!"reached");
}

static void ignore_what_is_sent(void *size) {
    signal(SIGSEGV, SIG_IGN);
    for (int turn = 0; turn < 3; turn++) {
        guarded_object(*(size_t *)size);
        raise(SIGSEGV);
    }
}

static void a_signal_that_is_sent_ends_the_program_or_is_ignored(void **state UNUSED) {
    assert_int_equal(WTERMSIG(misuse(send_one, 64).status), SIGSEGV);
    assert_int_equal(WTERMSIG(misuse(send_to_a_thread, 64).status), SIGSEGV);
    assert_child_fine(misuse(ignore_what_is_sent, 64));
}

/* One of ours, called for a signal with this code, by which no program ends. */
static void come_to(sighandler_t handler, int code, void *address) {
    struct sigaction action = {.sa_handler = handler};
    on_fault(&action, SIGURG, &(siginfo_t){.si_code = code, .si_addr = address}, NULL);
}

static bool is_default(int number) {
    struct sigaction now;
    sigaction(number, NULL, &now);
    return now.sa_handler == SIG_DFL;
}

static void pass_on(void *size) {
    static const struct {
        int code;
        sighandler_t handler;
        bool ends;
    } cases[] = {{SEGV_MAPERR, SIG_DFL, true}, {SEGV_MAPERR, SIG_IGN, true}, {SI_USER, SIG_DFL, true},
                 {SI_USER, SIG_IGN, false},    {SI_QUEUE, SIG_IGN, false},   {SI_QUEUE, SIG_DFL, true}};
    char *ptr = guarded_object(*(size_t *)size);
    for (size_t index = 0; index < COUNT(cases); index++) {
        signal(SIGURG, SIG_IGN);
        come_to(cases[index].handler, cases[index].code, ptr); /* of no such fault is an object the cause */
        child_assert(is_default(SIGURG) == cases[index].ends);
    }
}

static void a_fault_ends_the_program_and_a_signal_that_is_sent_does_as_without_us(void **state UNUSED) {
    struct ending ending = misuse(pass_on, 64);
    assert_child_fine(ending);
    assert_string_equal(ending.text, "");
}

static struct sigaction handler_now(void) {
    struct sigaction now;
    sigaction(SIGSEGV, NULL, &now);
    return now;
}

static void meet_handlers(void *argument UNUSED) {
    handle_faults();
    child_assert(handler_now().sa_sigaction == on_fault_0 && handler_now().sa_flags & SA_ONSTACK);
    changes = 0;
    handle_faults(); /* ours stands */
    child_assert(changes == 1 && handler_now().sa_sigaction == on_fault_0 && !met[1].sa_sigaction);
    for (int times = 0; times < 2; times++) { /* the same comes back */
        signal(SIGSEGV, own_handler);
        handle_faults();
        child_assert(handler_now().sa_sigaction == on_fault_1 && !(handler_now().sa_flags & SA_ONSTACK));
        child_assert(met[1].sa_handler == own_handler && !met[2].sa_sigaction);
    }
    signal(SIGSEGV, SIG_DFL);
    handle_faults();
    child_assert(handler_now().sa_sigaction == on_fault_0);
    signal(SIGSEGV, jump_out);
    handle_faults();
    child_assert(handler_now().sa_sigaction == on_fault_2 && met[2].sa_handler == jump_out);
    signal(SIGSEGV, chain_to_jump);
    handle_faults(); /* no place is left */
    child_assert(handler_now().sa_handler == chain_to_jump);
}

static void meet_a_handler_first(void *argument UNUSED) {
    signal(SIGSEGV, own_handler);
    handle_faults();
    child_assert(handler_now().sa_sigaction == on_fault_1 && met[1].sa_handler == own_handler);
    child_assert(met[0].sa_handler == SIG_DFL);
}

static void each_handler_of_the_program_has_one_place(void **state UNUSED) {
    assert_child_fine(in_child(meet_handlers, NULL));
    assert_child_fine(in_child(meet_a_handler_first, NULL));
}

static void handle_meanwhile(void *argument UNUSED) {
    in_between = handle_faults;
    handle_faults();
    child_assert(changes == 2 && handler_now().sa_sigaction == on_fault_0); /* the other one left it alone */
    handle_faults();
    child_assert(changes == 3);
}

static void set_another(void) {
    signal(SIGSEGV, jump_out);
}

static void put_the_first_back(void) {
    sigaction(SIGSEGV, &before_own, NULL);
}

/* The program comes between the look at its handler and the change. */
static void set_handlers_meanwhile(void *argument UNUSED) {
    in_between = set_another;
    handle_faults();
    child_assert(handler_now().sa_sigaction == on_fault_1 && met[1].sa_handler == jump_out);
    before_own = handler_now();
    signal(SIGSEGV, own_handler);
    in_between = put_the_first_back;
    handle_faults();
    child_assert(handler_now().sa_sigaction == on_fault_1 && met[1].sa_handler == jump_out);
}

static void fork_while_the_handler_is_set(void *argument UNUSED) {
    setenv("HALLOC_CONF", "guard:4K", 1);
    halloc_free(halloc_malloc(1));
    guard_is_busy = true; /* by another thread */
    pid_t child = fork();
    if (child == 0) {
        handle_faults();
        _exit(handler_now().sa_sigaction == on_fault_0 ? 0 : 1);
    }
    int status;
    child_assert(guard_is_busy && waitpid(child, &status, 0) == child && status == 0);
}

static void one_thread_at_a_time_sets_the_handler(void **state UNUSED) {
    assert_child_fine(in_child(handle_meanwhile, NULL));
    assert_child_fine(in_child(set_handlers_meanwhile, NULL));
    assert_child_fine(in_child(fork_while_the_handler_is_set, NULL));
}

static void handle_on_own_stack(void *size) {
    static char stack[64 * KIB];
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    set_own(false);
    read_behind(size);
}

/* A handler that was set without SA_ONSTACK needs more than the alternate stack has. */
static void need_much_stack(int signal) {
    volatile char room[200 * KIB];
    for (size_t at = 0; at < sizeof room; at += 1000)
        room[at] = 1;
    own_handler(signal);
}

static void handle_beside_own_stack(void *size) {
    char *stack = (char *)platform_map(512 * KIB, false) + 448 * KIB; /* nothing is below it */
    child_assert(platform_commit(stack, 64 * KIB));
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = 64 * KIB}, NULL);
    signal(SIGSEGV, need_much_stack);
    read_behind(size);
}

static void an_alternate_stack_does_no_harm(void **state UNUSED) {
    assert_own_handler_ran(misuse(handle_on_own_stack, 64), true);
    assert_own_handler_ran(misuse(handle_beside_own_stack, 64), true);
}

/* --- Objects like all others ------------------------------------------------------------------------ */

static void live(void *argument UNUSED) {
    static char *kept[3 * GUARD_PLACES];
    for (size_t at = 0; at < COUNT(kept); at++) { /* more than there are places */
        kept[at] = halloc_malloc(4000);
        fill_bytes(kept[at], 4000, (unsigned)at);
    }
    for (size_t at = 0; at < COUNT(kept); at++) {
        child_assert(is_filled(kept[at], 4000, (unsigned)at));
        kept[at] = halloc_realloc(kept[at], 3000);
        kept[at] = halloc_realloc(kept[at], 9000);
        child_assert(is_filled(kept[at], 3000, (unsigned)at));
        halloc_free(kept[at]);
    }
    char *zeroed = halloc_calloc(1, 4000), *aligned = halloc_memalign(256, 300);
    child_assert(zeroed[0] == 0 && zeroed[3999] == 0 && (uintptr_t)aligned % 256 == 0);
}

/* What moves may become a guarded object, outside of the region. */
static void shrink_to_a_guarded_object(void *argument UNUSED) {
    size_t guards = 0;
    for (int times = 0; times < 2000; times++) {
        char *object = halloc_malloc(2000);
        child_assert((object = halloc_realloc(object, 100)));
        guards += guard_is_object(object);
        halloc_free(object);
    }
    child_assert(guards > 10);
}

static void more_objects_than_places_are_served(void **state UNUSED) {
    setenv("HALLOC_CONF", "guard:256", 1);
    assert_child_fine(in_child(live, NULL));
    assert_child_fine(in_child(shrink_to_a_guarded_object, NULL));
}

static void expect_no_places(void *argument UNUSED) {
    halloc_malloc(100);
    child_assert(!guard_places && !guarded_at(NULL) && !guarded_at("a constant"));
}

static void without_the_key_there_are_no_places(void **state UNUSED) {
    setenv("HALLOC_CONF", "", 1);
    assert_child_fine(in_child(expect_no_places, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(reading_behind_an_object_ends_the_program_at_once),
        test(writing_before_its_page_ends_the_program_at_once),
        test(using_a_freed_object_ends_the_program_with_both_stacks),
        test(a_byte_between_object_and_page_is_told_by_free),
        test(a_wrong_free_is_told_with_the_stacks),
        test(the_programs_own_handler_runs_whenever_it_was_set),
        test(handlers_that_call_each_other_come_to_an_end),
        test(a_handler_may_leave_by_a_jump_each_time),
        test(an_address_is_told_once_for_each_object_there),
        test(handlers_that_are_set_in_turn_run),
        test(a_signal_that_is_sent_ends_the_program_or_is_ignored),
        test(a_fault_ends_the_program_and_a_signal_that_is_sent_does_as_without_us),
        test(each_handler_of_the_program_has_one_place),
        test(one_thread_at_a_time_sets_the_handler),
        test(an_alternate_stack_does_no_harm),
        test(more_objects_than_places_are_served),
        test(without_the_key_there_are_no_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
