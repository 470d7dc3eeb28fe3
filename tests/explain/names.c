/* Functions whose names are those that compilers of C++ and of Rust give, and one of C; each keeps an object. */
#include <stdlib.h>

#define KEEPS(function, symbol)                                                                              \
    __attribute__((noinline)) void *function(size_t size) __asm__(symbol);                                   \
    void *function(size_t size) {                                                                            \
        void *volatile kept = malloc(size);                                                                  \
        return kept;                                                                                         \
    }

KEEPS(cplusplus, "_ZN5store3MapISsiE6insertERKSs")
KEEPS(old_rust, "_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$8allocate17h05af221e174051e9E")
KEEPS(new_rust, "_RNvNtCs1234_5store5table4grow")
KEEPS(copied, "_ZN5store5clearEv.constprop.0")
KEEPS(plain, "plain_name")

int main(void) {
    void *volatile kept;
    for (int turn = 0; turn < 20; turn++) {
        kept = cplusplus(50000);
        kept = old_rust(40000);
        kept = new_rust(30000);
        kept = copied(20000);
        kept = plain(10000);
    }
    return kept ? 0 : 1;
}
