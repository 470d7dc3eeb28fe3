// news.cpp - every allocating function that a library may serve by calling another of them, from a function of
// its own each. The sizes tell them apart.
#include <cstdlib>
#include <malloc.h>
#include <new>

static void *volatile keep; // no call may be optimised away

#define FROM(name, ...)                                                                                      \
    extern "C" __attribute__((noinline)) void name() {                                                       \
        keep = __VA_ARGS__;                                                                                  \
        __asm__ volatile("");                                                                                \
    }

FROM(from_new, ::operator new(1001))
FROM(from_new_array, ::operator new[](1002))
FROM(from_new_nothrow, ::operator new(1003, std::nothrow))
FROM(from_new_array_nothrow, ::operator new[](1004, std::nothrow))
FROM(from_new_aligned, ::operator new(6400, std::align_val_t(64)))
FROM(from_new_array_aligned, ::operator new[](6464, std::align_val_t(64)))
FROM(from_new_aligned_nothrow, ::operator new(6528, std::align_val_t(64), std::nothrow))
FROM(from_new_array_aligned_nothrow, ::operator new[](6592, std::align_val_t(64), std::nothrow))
FROM(from_reallocarray, ::reallocarray(nullptr, 1009, 1))
FROM(from_realloc, std::realloc(nullptr, 1010))
FROM(from_calloc, std::calloc(1011, 1))
FROM(from_memalign, ::memalign(64, 1012))

int main() {
    from_new();
    from_new_array();
    from_new_nothrow();
    from_new_array_nothrow();
    from_new_aligned();
    from_new_array_aligned();
    from_new_aligned_nothrow();
    from_new_array_aligned_nothrow();
    from_reallocarray();
    from_realloc();
    from_calloc();
    from_memalign();
}
