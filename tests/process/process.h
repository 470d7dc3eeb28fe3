/*
 * process.h - what the tests of the process heap share.
 *
 * Such a test is a program linked to libhalloc.so, so its malloc, and cmocka's, and libc's, is ours.
 * It knows only what any program knows: the standard names and halloc.h. The first test of each is
 * malloc_is_ours: without it the others would praise libc.
 */
#ifndef HALLOC_PROCESS_TEST_H
#define HALLOC_PROCESS_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "../../halloc.h"
#include "../common.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

/* In such a build the library has its own setrlimit and pthread_create (interpose.c). Sanitizers have maps of
 * their own. */
#if defined(__GLIBC__) && defined(__OPTIMIZE__) && !defined(__SANITIZE_THREAD__) &&                          \
    !defined(__SANITIZE_ADDRESS__)
#define LIBRARY_INTERPOSES 1
#endif

UNUSED static void malloc_is_ours(void **state UNUSED) {
    assert_true(halloc_is_overriding());
}

UNUSED static bool is_zero(const void *at, size_t size) {
    for (size_t index = 0; index < size; index++)
        if (((const unsigned char *)at)[index])
            return false;
    return true;
}

/* Runs this program once more, from its start, with HALLOC_CONF and one argument. */
struct again {
    const char *configuration, *argument;
    size_t address_bytes; /* its limit of addresses, as `ulimit -v` sets; 0: none */
};

UNUSED static void run_again(void *argument) {
    const struct again *again = argument;
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    child_assert(length > 0);
    path[length] = 0;
    setenv("HALLOC_CONF", again->configuration, 1);
    if (again->address_bytes) {
        struct rlimit limit = {again->address_bytes, again->address_bytes};
        child_assert(setrlimit(RLIMIT_AS, &limit) == 0);
    }
    execl(path, path, again->argument, (char *)NULL);
    child_assert(!"exec");
}

UNUSED static struct ending again(const char *configuration, const char *argument, size_t address_bytes) {
    struct again again = {configuration, argument, address_bytes};
    return in_child(run_again, &again);
}

/* --- What the kernel says ------------------------------------------------------------------------------- */

/* Resident bytes of this process. */
UNUSED static size_t resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    size_t total, resident = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &total, &resident), 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* True once so little is resident. The heap may wait a while before it gives memory back, for the
 * program may need it again, and it looks at the clock only while the program works. */
UNUSED static bool settles_below(size_t bytes) {
    for (int tries = 0; tries < 1000; tries++) {
        for (int round = 0; round < 20; round++)
            free(malloc(MIB));
        if (resident_bytes() < bytes)
            return true;
        usleep(10000);
    }
    return false;
}

#endif
