/*
 * board.c - a program without libc, on the heaps of bare.c: it plays a machine by two system calls of Linux.
 *
 *      gcc -ffreestanding -nostdlib -static -Iinclude -I../.. board.c bare.c -o board && ./board
 *
 * A heap of 1 KiB under first fit; then one under each policy, with a thousand calls and the validator.
 */
#include "halloc.h"

#include <string.h>

/* --- The machine: write to a terminal, stop ------------------------------------------------------------------ */

static long system_call(long number, long a, long b, long c) {
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
#elif defined(__i386__)
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
    return result;
#else
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
#endif
}

#if defined(__x86_64__)
enum { WRITE = 1, EXIT = 60 };
#elif defined(__i386__)
enum { WRITE = 4, EXIT = 1 };
#else
enum { WRITE = 64, EXIT = 93 };
#endif

static void say(const char *text) {
    size_t length = 0;
    while (text[length])
        length++;
    system_call(WRITE, 1, (long)text, (long)length);
}

static void stop(int status) {
    for (;;)
        system_call(EXIT, status, 0, 0);
}

static void demand(bool condition, const char *what) {
    if (condition)
        return;
    say(what);
    say(" failed\n");
    stop(1);
}

/* --- Heaps --------------------------------------------------------------------------------------------------- */

static char memory[16384];

static unsigned random_number(void) {
    static unsigned state = 1;
    return (state = state * 1664525 + 1013904223) >> 16;
}

static void use(const char *fit, size_t bytes, unsigned calls) {
    unsigned char *objects[16] = {0};
    size_t sizes[16];
    const char *broken = "";
    halloc_heap *heap = halloc_heap_create(
        &(halloc_heap_options){.fit = fit, .memory = memory, .memory_bytes = bytes, .split_bytes = 1});
    demand(heap, fit);
    for (unsigned call = 0; call < calls; call++) {
        unsigned at = random_number() % 16;
        for (size_t index = 0; objects[at] && index < sizes[at]; index++)
            demand(objects[at][index] == (unsigned char)(at + sizes[at]), "an object kept its bytes: it");
        sizes[at] = 1 + random_number() % (bytes / 16);
        unsigned char *object = random_number() % 2 ? halloc_heap_resize(heap, objects[at], sizes[at]) : NULL;
        if (!object)
            halloc_heap_deallocate(heap, objects[at]);
        objects[at] = object;
        if (object)
            memset(object, (int)(at + sizes[at]), sizes[at]);
        demand(halloc_heap_check(heap, &broken), broken);
    }
    say(fit);
    say("\n");
}

#if defined(__x86_64__) || defined(__i386__)
__attribute__((force_align_arg_pointer))
#endif
void _start(void) {
    const halloc_policy *policy;
    use("first", 1024, 1000);
    for (size_t index = 0; (policy = halloc_policy_at(index)); index++)
        use(policy->name, sizeof memory, 1000);
    stop(0);
}
