#!/bin/bash
# After each failure, and after each success, errno and the result are as under glibc's malloc, call by call. Where
# glibc's own versions differ (aligned_alloc of no power of two) nothing is asked.
. "$(dirname "$0")/lib.sh"

compile calls -D_GNU_SOURCE <<'END'
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define HUGE ((size_t)PTRDIFF_MAX + 1)
#define LARGE ((size_t)1 << 46)
#define SAY(call)                                                              \
    do {                                                                       \
        errno = 0;                                                             \
        void *got = (void *)(intptr_t)(call);                                  \
        int error = errno;                                                     \
        printf("%s: %s, errno %d\n", #call, got ? "yes" : "no", error);        \
    } while (0)
#define NUMBER(call)                                                           \
    do {                                                                       \
        errno = 0;                                                             \
        int got = (int)(call), error = errno;                                  \
        printf("%s: %d, errno %d\n", #call, got, error);                       \
    } while (0)
int main(void) {
    volatile size_t huge = HUGE, most = SIZE_MAX, large = LARGE, nothing = 0;
    void *small = malloc(100), *block = malloc(1000000), *out = (void *)77;
    memset(small, 1, 100);
    SAY(malloc(huge)); SAY(malloc(most)); SAY(malloc(large)); SAY(malloc(nothing)); SAY(malloc(100)); SAY(malloc(1000000));
    SAY(calloc(1, huge)); SAY(calloc(most, most)); SAY(calloc(huge, 2)); SAY(calloc(large, 1)); SAY(calloc(nothing, 5)); SAY(calloc(10, 10));
    SAY(realloc(small, huge)); SAY(realloc(block, huge)); SAY(realloc(small, large)); SAY(realloc(NULL, huge)); SAY(realloc(NULL, 10));
    SAY(realloc(malloc(10), nothing)); SAY(realloc(malloc(10), 20)); SAY(realloc(malloc(1000000), 20)); SAY(realloc(malloc(20), 1000000));
    SAY(reallocarray(NULL, 10, 10)); SAY(reallocarray(malloc(1), 0, 10));
    SAY(aligned_alloc(64, huge)); SAY(aligned_alloc(64, most)); SAY(aligned_alloc(64, 64)); SAY(aligned_alloc(4096, 4096));
    SAY(memalign(64, huge)); SAY(memalign(64, most)); SAY(memalign(most, 10)); SAY(memalign(huge + 1, 10)); SAY(memalign(nothing, 10)); SAY(memalign(48, 10));
    SAY(valloc(huge)); SAY(valloc(most)); SAY(valloc(10)); SAY(pvalloc(huge)); SAY(pvalloc(most)); SAY(pvalloc(most - 5000)); SAY(pvalloc(nothing));
    NUMBER(posix_memalign(&out, 3, 10)); NUMBER(posix_memalign(&out, 0, 10)); NUMBER(posix_memalign(&out, 4, 10)); NUMBER(posix_memalign(&out, 24, 10));
    NUMBER(posix_memalign(&out, 64, huge)); NUMBER(posix_memalign(&out, 64, most)); NUMBER(posix_memalign(&out, 64, large));
    printf("out %p\n", out);
    NUMBER(posix_memalign(&out, 64, 10)); NUMBER(posix_memalign(&out, 4096, nothing));
    NUMBER((free(malloc(5)), 0)); NUMBER((free(NULL), 0)); NUMBER((free(malloc(1 << 20)), 0));
    NUMBER(malloc_usable_size(NULL)); NUMBER((malloc_trim(0), 0)); NUMBER(malloc_info(1, stdout)); NUMBER(mallopt(M_TRIM_THRESHOLD, 1 << 20));
    NUMBER((mallinfo2(), 0));
    volatile size_t two = 2;
    out = malloc(100);
    SAY(reallocarray(out, most, two));
    printf("kept %d\n", ((char *)small)[99]);
    return 0;
}
END
./calls >libc.txt
on_halloc -- ./calls >halloc.txt
[[ $(wc -l <libc.txt) -ge 60 ]] || die "only $(wc -l <libc.txt) lines"
diff libc.txt halloc.txt || die "not as under glibc"
