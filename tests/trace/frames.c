/*
 * frames.c - calls malloc with anything where a frame pointer might be, as code does that uses the register
 * for something else; then from a function with another inlined into it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void *volatile keep; /* no call may be optimised away */

#ifdef __x86_64__
static void *malloc_with_frame(size_t size, uintptr_t frame) {
    void *result;
    __asm__ volatile("movq %%rsp, %%r12; movq %%rbp, %%r13; subq $256, %%rsp; andq $-16, %%rsp\n\t"
                     "movq %2, %%rbp; call malloc@PLT; movq %%r13, %%rbp; movq %%r12, %%rsp"
                     : "=a"(result), "+D"(size)
                     : "r"(frame)
                     : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "memory", "cc");
    return result;
}
#else
static void *malloc_with_frame(size_t size, uintptr_t frame) {
    (void)frame;
    return malloc(size);
}
#endif

static inline __attribute__((always_inline)) void *get(size_t size) {
    return malloc(size); /* INLINED */
}

static inline __attribute__((always_inline)) void *get_more(size_t size) {
    return get(size + 1); /* INLINED, TOO */
}

__attribute__((noinline)) static void outer(void) {
    keep = get_more(777); /* OUTER */
}

int main(void) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    for (uintptr_t wild = 0; wild <= 64; wild++) {
        free(malloc_with_frame(10, (uintptr_t)0 - wild));
        free(malloc_with_frame(10, here + wild));
        free(malloc_with_frame(10, here + (wild << 20)));
        free(malloc_with_frame(10, wild));
    }
    outer();
    return puts("walked") < 0;
}
