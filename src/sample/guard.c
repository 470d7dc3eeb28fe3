/* guard.c - see guard.h. */
#include "guard.h"

#include <dlfcn.h>
#include <signal.h>

#include "../platform/fatal.h"

#define PATTERN 0xa5

INTERNAL_DEFINE RARELY_TOUCHED struct guarded guarded[GUARD_PLACES];
INTERNAL_DEFINE char *guard_places;
INTERNAL_DEFINE bool guard_is_busy;

/* A page without access, one for the object, and what is left of a unit. */
static size_t place_bytes(void) {
    return align_up(2 * platform_page_bytes(), UNIT_BYTES);
}

static char *page_of(const struct guarded *place) {
    return load_relaxed(&guard_places) + (size_t)(place - guarded) * place_bytes() + platform_page_bytes();
}

INTERNAL struct guarded *guarded_at(const void *address) {
    const char *places = load_acquire(&guard_places);
    size_t offset = (uintptr_t)address - (uintptr_t)places;
    return places && offset < GUARD_PLACES * place_bytes() ? &guarded[offset / place_bytes()] : NULL;
}

/* --- Telling ---------------------------------------------------------------------------------- */

/* File and offset are what addr2line needs. There are no stacks where the system refused memory for them. */
static void tell_stack(const char *what, uint16_t number) {
    const struct site *site = sites ? &sites[number] : &(struct site){.depth = 0};
    for (size_t at = 0; at < load_acquire(&site->depth); at++) {
        uintptr_t address = site->frame[at];
        Dl_info file;
        if (dladdr((void *)address, &file))
            print_line("halloc:     %s %s+0x%zx", what, file.dli_fname, address - (uintptr_t)file.dli_fbase);
        else
            print_line("halloc:     %s 0x%zx", what, address);
    }
}

INTERNAL bool guard_tell(const void *address) {
    const struct guarded *place = guarded_at(address);
    const struct sample *sample = place ? &place->sample : NULL;
    if (!sample || !sample->object)
        return false;
    static const char *const side[] = {"before", "into", "behind"};
    const char *at = address, *start = sample->object, *end = start + sample->size;
    int where = (at >= start) + (at >= end);
    bool is_free = load_acquire(&place->state) == GUARDED_FREE;
    print_line("halloc: access to 0x%zx: %td bytes %s an object of %zu bytes, which %s", (uintptr_t)address,
               where ? at - (where > 1 ? end : start) : start - at, side[where], sample->size,
               is_free ? "was freed" : "is in use");
    tell_stack("allocated at", sample->site);
    if (is_free)
        tell_stack("freed at", sample->released);
    return true;
}

/* --- The handler ------------------------------------------------------------------------------ */

/* The program's handlers that ours stand before, in the order in which we met them; the first is SIG_DFL. One
 * of the program's may call the one that it found, or leave by a jump. So none of ours asks whether it is
 * inside of another: each is a function of its own. */
static struct sigaction met[GUARD_HANDLERS]; /* as many as the functions below */

static void *told; /* once, however many of ours are called */

/* Without a handler of the program the instruction is tried once more, and the signal ends the program; a
 * signal that somebody sent is sent again. To any handler the kernel, too, passes all three. */
static void on_fault(const struct sigaction *action, int signal, siginfo_t *info, void *context) {
    bool is_sent = info->si_code <= 0, is_ignored = action->sa_handler == SIG_IGN;
    if (info->si_code == SEGV_ACCERR &&
        __atomic_exchange_n(&told, info->si_addr, __ATOMIC_RELAXED) != info->si_addr)
        guard_tell(info->si_addr);
    if (action->sa_handler != SIG_DFL && !is_ignored)
        action->sa_sigaction(signal, info, context);
    else if (!is_ignored || !is_sent) {
        sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
        if (is_sent)
            raise(signal);
    }
}

#define HANDLER(number)                                                                                      \
    static void on_fault_##number(int signal, siginfo_t *info, void *context) {                              \
        on_fault(&met[number], signal, info, context);                                                       \
    }
HANDLER(0)
HANDLER(1)
HANDLER(2)

static void (*const our_handlers[])(int, siginfo_t *, void *) = {on_fault_0, on_fault_1, on_fault_2};

/* GUARD_HANDLERS: it is one of ours, or there is no place for it, and it stays alone. */
static size_t place_before(const struct sigaction *action) {
    size_t at = 0;
    while (at < GUARD_HANDLERS && action->sa_sigaction != our_handlers[at] &&
           action->sa_sigaction != met[at].sa_sigaction && (!at || met[at].sa_sigaction))
        at++;
    return at < GUARD_HANDLERS && action->sa_sigaction != our_handlers[at] ? at : GUARD_HANDLERS;
}

/* The program may set another one meanwhile. Then ours took its place, and it is the next to stand before. */
static void handle_faults(void) {
    struct sigaction now, ours;
    if (__atomic_exchange_n(&guard_is_busy, true, __ATOMIC_ACQUIRE))
        return;
    size_t at = sigaction(SIGSEGV, NULL, &now) ? GUARD_HANDLERS : place_before(&now);
    void *expected = now.sa_sigaction;
    for (bool change = at < GUARD_HANDLERS; change; at = place_before(&now)) {
        ours = now;
        if (at < GUARD_HANDLERS) { /* else it goes back */
            met[at] = now;
            ours.sa_flags |=
                SA_SIGINFO | (now.sa_handler == SIG_DFL ? SA_ONSTACK : 0); /* else on its stack */
            ours.sa_sigaction = our_handlers[at];
        }
        sigaction(SIGSEGV, &ours, &now);
        change = now.sa_sigaction != expected;
        expected = ours.sa_sigaction;
    }
    __atomic_store_n(&guard_is_busy, false, __ATOMIC_RELEASE);
}

/* --- Taking and giving ------------------------------------------------------------------------ */

static bool make_places(void) {
    if (load_acquire(&guard_places))
        return true;
    size_t bytes = (GUARD_PLACES + 1) * place_bytes(); /* behind the last one as well */
    char *none = NULL, *made = platform_map(bytes, false);
    if (made &&
        !__atomic_compare_exchange_n(&guard_places, &none, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        platform_release(made, bytes);
    return load_acquire(&guard_places);
}

INTERNAL struct sample *guard_take(size_t size, size_t slot_bytes) {
    static uint32_t turn;
    size_t page = platform_page_bytes(), alignment = slot_bytes & -slot_bytes;
    if (size > page || alignment > page || !make_places())
        return NULL;
    handle_faults();
    struct guarded *place = &guarded[__atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) % GUARD_PLACES];
    uint32_t state = GUARDED_FREE;
    if (!__atomic_compare_exchange_n(&place->state, &state, GUARDED_TAKEN, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return NULL;
    if (!platform_commit(page_of(place), page)) {
        store_release(&place->state, GUARDED_FREE);
        return NULL;
    }
    if (guarded_at(load_relaxed(&told)) == place)
        store_relaxed(&told, NULL);
    char *end = page_of(place) + page;
    place->sample.object = (char *)align_down((uintptr_t)end - size, alignment);
    place->sample.size = size;
    memset(place->sample.object + size, PATTERN, (size_t)(end - place->sample.object) - size);
    store_release(&place->state, GUARDED_IN_USE);
    return &place->sample;
}

INTERNAL void guard_give(void *object, const char *call) {
    struct guarded *place = guarded_at(object);
    const unsigned char *end = (unsigned char *)page_of(place) + platform_page_bytes();
    const unsigned char *at = (unsigned char *)object + place->sample.size;
    while (at < end && *at == PATTERN)
        at++;
    if (at < end && guard_tell(at))
        fatal(call, FAULT_OVERFLOW, object);
    PROBE_FREE(object);
    place->sample.released = site_here();
    platform_uncommit(page_of(place), platform_page_bytes());
    store_release(&place->state, GUARDED_FREE);
}
