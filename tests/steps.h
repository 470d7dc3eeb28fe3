/*
 * steps.h - what the tests that stop a thread after each instruction share. x86-64 only.
 *
 * With the processor's trap flag set, SIGTRAP comes after each instruction. Most instructions only read memory, or
 * change registers. A child that is forked before such an instruction has the same memory as one that is forked after
 * it. So a fork is worth its time only after those that may store.
 */
#ifndef HALLOC_STEPS_TEST_H
#define HALLOC_STEPS_TEST_H

#include <ucontext.h>

#include "common.h"

#define TRAP_FLAG 0x100
#define step_on() __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc")
#define step_off() __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc")

static uintptr_t step_address(const void *context) {
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}

/* Operation codes, from the first to the last of each line. */
struct codes {
    unsigned char first, last;
};

static const struct codes load_or_jump[] = {
    {0x02, 0x05}, {0x0a, 0x0d}, {0x12, 0x15}, {0x1a, 0x1d}, /* add, or, adc, sbb: to a register */
    {0x22, 0x25}, {0x2a, 0x2d}, {0x32, 0x35}, {0x38, 0x3d}, /* and, sub, xor: to a register; cmp */
    {0x50, 0x5f}, {0x63, 0x63}, {0x68, 0x6b}, {0x70, 0x7f}, /* push, pop, imul, jump if */
    {0x84, 0x85}, {0x8a, 0x8b}, {0x8d, 0x8d}, {0x90, 0x90}, /* test, load, lea, nop */
    {0x98, 0x99}, {0xa8, 0xa9}, {0xb0, 0xbf}, {0xc3, 0xc3}, /* extend, test, set a register, return */
    {0xe8, 0xe9}, {0xeb, 0xeb},                             /* call, jump */
};
static const struct codes load_or_jump_after_0f[] = {
    {0x10, 0x10}, {0x1f, 0x1f}, {0x28, 0x28}, {0x40, 0x4f}, /* load, nop, load, move if */
    {0x6f, 0x6f}, {0x80, 0x8f}, {0xa3, 0xa3}, {0xaf, 0xaf}, /* load, jump if, bt, imul */
    {0xb6, 0xb7}, {0xbc, 0xbf}, {0xef, 0xef},               /* extend, bsf, bsr, pxor */
};
static const struct codes quiet_on_registers[] = {
    {0x00, 0x01}, {0x08, 0x09}, {0x10, 0x11}, {0x18, 0x19}, /* add, or, adc, sbb */
    {0x20, 0x21}, {0x28, 0x29}, {0x30, 0x31}, {0x80, 0x83}, /* and, sub, xor, and with a number */
    {0x86, 0x89}, {0xc0, 0xc1}, {0xc6, 0xc7}, {0xd0, 0xd3}, /* exchange, move, shift */
    {0xf6, 0xf7}, {0xfe, 0xff},                             /* not, neg, mul, div, inc, dec */
};

static bool is_among(unsigned char code, const struct codes *codes, size_t count) {
    for (size_t index = 0; index < count; index++)
        if (code >= codes[index].first && code <= codes[index].last)
            return true;
    return false;
}

/* May this instruction change memory? Pushes and calls change the stack alone, which no child reads. Of what the lists
 * don't have the answer is yes. */
static bool may_store(const unsigned char *at) {
    while (*at == 0x66 || (*at & 0xf0) == 0x40) /* size of operands, more registers */
        at++;
    if (*at == 0x0f)
        return !is_among(at[1], load_or_jump_after_0f, COUNT(load_or_jump_after_0f));
    unsigned code = at[0], digit = at[1] >> 3 & 7; /* the digit goes on where the code ends */
    bool only_reads = (code >= 0x80 && code <= 0x83 && digit == 7) ||     /* cmp */
                      ((code | 1) == 0xf7 && digit != 2 && digit != 3) || /* test, mul, div */
                      (code == 0xff && digit >= 2);                       /* call, jump, push */
    return !only_reads && !is_among(code, load_or_jump, COUNT(load_or_jump)) &&
           !(at[1] >= 0xc0 && is_among(code, quiet_on_registers, COUNT(quiet_on_registers)));
}

static void on_each_step(void (*handler)(int, siginfo_t *, void *)) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    child_assert(sigaction(SIGTRAP, &action, NULL) == 0);
}

/* May memory have changed? The handler notes each step first, and takes this back where it forks. */
static bool step_has_stored = true;

static void step_note(const void *context) {
    static const unsigned char *last;
    step_has_stored |= last && may_store(last);
    last = (const unsigned char *)step_address(context);
}
#endif
