/*
 * fake_platform.c - the platform of linux.c with failures on demand and pages of any size.
 *
 * For tests only. Every system call that may fail in earnest goes through one door, and here a
 * guard stands in it. It counts, and by its script refuses:
 *
 *      call        1   2   3   4   5   6
 *      fail:3              x                 one refusal, then luck again
 *      from:3              x   x   x   x     a system that has nothing more to give
 *      count                                 none; the number of calls is told at exit
 *
 * So a test that fails call 1, then call 2, and so on until a call number is never reached, has
 * seen each error path there is. Pages: rounding to more than the kernel's own page is always
 * legal, so 16 and 64 KiB are played on a machine with 4: mappings then start at multiples of the
 * larger page, and an address that does not is refused, as the larger kernel would.
 *
 * A unit test includes this file with all others and writes the script into `fake`. Built into a
 * library to preload, the script comes from the environment, which works for whole programs:
 *
 *      HALLOC_FAKE="from:20,page=65536,errno=12"      HALLOC_FAKE="count" HALLOC_FAKE_OUT=FILE
 *
 * HALLOC_FAKE_OUT names a file to append the number to, or an open file descriptor; without it,
 * stderr. All this may happen before libc is ready, so it uses nothing of libc but strings.
 */
static long fake_system_call(long number, long a, long b, long c, long d, long e, long f);

#include "../../src/platform/platform.h" /* the true names, before some are replaced */
#include <sys/mman.h>

#define system_call fake_system_call
#define platform_page_bytes kernel_page_bytes
#define platform_milliseconds kernel_milliseconds
#define munmap(start, bytes) fake_system_call(SYS_munmap, (long)(start), (long)(bytes), 0, 0, 0, 0)
#define madvise(start, bytes, advice)                                                                        \
    fake_system_call(SYS_madvise, (long)(start), (long)(bytes), advice, 0, 0, 0)
#include "../../src/platform/linux.c"
#undef munmap
#undef madvise
#undef platform_page_bytes
#undef platform_milliseconds

static struct fake_script {
    uint64_t first, last;  /* the calls to refuse, counted from 1; none while `first` is 0     */
    int error;             /* and with which errno                                             */
    size_t page_bytes;     /* 0: the kernel's                                                  */
    uint64_t milliseconds; /* what the clock says; 0: the kernel's                             */
    long only;             /* calls of this number alone come to the door; 0: all              */
    void (*watch)(long number, long a, long b, long c, bool refused);
    bool tell;      /* the number of calls at exit                                      */
    uint64_t calls; /* that came to the door so far                                     */
    uint64_t refused;
    size_t kept_bytes; /* of munmaps that were refused: still mapped, and nobody's fault   */
} fake = {.error = ENOMEM};

/* --- The script, from a test's C code --------------------------------------------------------- */

/* Starts to count anew, and refuses the calls of these numbers: (0, 0) for none, (k, k) for the
 * k-th, (k, UINT64_MAX) for all from the k-th on. */
INTERNAL void fake_refuse(uint64_t first, uint64_t last) {
    fake.first = first;
    fake.last = last;
    fake.calls = fake.refused = fake.kept_bytes = 0;
}

/* --- The script, from the environment --------------------------------------------------------- */

static uint64_t fake_digits(const char *text) {
    uint64_t number = 0;
    while (*text >= '0' && *text <= '9')
        number = number * 10 + (uint64_t)(*text++ - '0');
    return number;
}

/* The number of an item "name:12" or "name=12"; false if the item has another name. */
static bool fake_item(const char *item, const char *name, uint64_t *number) {
    size_t length = strlen(name);
    if (strncmp(item, name, length) != 0 || (item[length] != ':' && item[length] != '='))
        return false;
    *number = fake_digits(item + length + 1);
    return true;
}

static void fake_read_item(const char *item) {
    uint64_t number;
    if (fake_item(item, "fail", &number))
        fake.first = fake.last = number;
    else if (fake_item(item, "from", &number))
        fake.first = number, fake.last = UINT64_MAX;
    else if (fake_item(item, "page", &number) && is_power_of_two(number))
        fake.page_bytes = number;
    else if (fake_item(item, "errno", &number))
        fake.error = (int)number;
    else if (strncmp(item, "count", 5) == 0)
        fake.tell = true;
}

/* Reading may itself need the door, where libc has no environment yet: then it just opens. */
static enum { UNREAD, READING, READ } fake_script_state;

static void fake_read_script(void) {
    if (fake_script_state != UNREAD)
        return;
    fake_script_state = READING;
    const char *item = platform_environment("HALLOC_FAKE");
    while (item && *item) {
        fake_read_item(item);
        item += strcspn(item, ",");
        item += *item == ',';
    }
    fake_script_state = READ;
}

/* --- The door --------------------------------------------------------------------------------- */

static bool fake_refuses(long number) {
    if (fake.only && number != fake.only)
        return false;
    uint64_t call = __atomic_add_fetch(&fake.calls, 1, __ATOMIC_RELAXED);
    bool refuses = fake.first && call >= fake.first && call <= fake.last;
    if (refuses)
        __atomic_fetch_add(&fake.refused, 1, __ATOMIC_RELAXED);
    return refuses;
}

/* A mapping at a multiple of the played page: ask for a page more and give back what is over. */
static long map_at_page(long bytes, long protection, long flags, size_t page) {
    size_t length = align_up((size_t)bytes, page);
    if (length < (size_t)bytes || length + page < length)
        return -ENOMEM;
    long got = raw_system_call(SYS_mmap, 0, (long)(length + page), protection, flags, -1, 0);
    if (failed(got))
        return got;
    size_t start = align_up((size_t)got, page), front = start - (size_t)got;
    if (front)
        raw_system_call(SYS_munmap, got, (long)front, 0, 0, 0, 0);
    raw_system_call(SYS_munmap, (long)(start + length), (long)(page - front), 0, 0, 0, 0);
    return (long)start;
}

/* An answer a page: whether any of the kernel's pages in it is resident. */
static long look_by_page(size_t start, size_t bytes, unsigned char *present, size_t page) {
    size_t small = kernel_page_bytes();
    memset(present, 0, (bytes + page - 1) / page);
    for (size_t at = 0; at < bytes; at += small) {
        unsigned char one;
        long result = raw_system_call(SYS_mincore, (long)(start + at), (long)small, (long)&one, 0, 0, 0);
        if (failed(result))
            return result;
        present[at / page] |= one & 1;
    }
    return 0;
}

/* What a kernel with this page would do: round lengths up, refuse addresses that are not pages. */
static long call_with_page(long number, long a, long b, long c, long d, long e, long f, size_t page) {
    switch (number) {
    case SYS_mmap:
        if (!a && (d & MAP_ANONYMOUS))
            return map_at_page(b, c, d, page);
        if ((size_t)a % page)
            return -EINVAL;
        b = (long)align_up((size_t)b, page);
        break;
    case SYS_mincore:
        if ((size_t)a % page)
            return -EINVAL;
        if (page > kernel_page_bytes())
            return look_by_page((size_t)a, (size_t)b, (unsigned char *)c, page);
        break;
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_madvise:
        if ((size_t)a % page)
            return -EINVAL;
        b = (long)align_up((size_t)b, page);
        break;
    }
    return raw_system_call(number, a, b, c, d, e, f);
}

static long fake_system_call(long number, long a, long b, long c, long d, long e, long f) {
    fake_read_script();
    if (fake_script_state == READING)
        return raw_system_call(number, a, b, c, d, e, f);
    bool refused = fake_refuses(number);
    if (fake.watch)
        fake.watch(number, a, b, c, refused);
    if (refused) {
        if (number == SYS_close) /* Linux closes even where it reports an error */
            raw_system_call(number, a, b, c, d, e, f);
        if (number == SYS_munmap)
            fake.kept_bytes += align_up((size_t)b, platform_page_bytes());
        return -fake.error;
    }
    return call_with_page(number, a, b, c, d, e, f, platform_page_bytes());
}

INTERNAL size_t platform_page_bytes(void) {
    fake_read_script();
    return max_size(fake.page_bytes, kernel_page_bytes());
}

INTERNAL uint64_t platform_milliseconds(void) {
    return fake.milliseconds ? fake.milliseconds : kernel_milliseconds();
}

/* --- The count, at exit ----------------------------------------------------------------------- */

static long fake_open_out(void) {
    const char *out = platform_environment("HALLOC_FAKE_OUT");
    if (!out || !*out)
        return 2;
    if (out[strspn(out, "0123456789")] == 0)
        return (long)fake_digits(out);
    return raw_system_call(SYS_openat, AT_FDCWD, (long)out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644,
                           0, 0);
}

__attribute__((destructor)) static void fake_tell(void) {
    fake_read_script();
    if (!fake.tell)
        return;
    char line[24];
    size_t at = sizeof line;
    uint64_t number = load_relaxed(&fake.calls);
    line[--at] = '\n';
    do
        line[--at] = (char)('0' + number % 10);
    while (number /= 10);
    long fd = fake_open_out();
    if (!failed(fd))
        platform_write((int)fd, line + at, sizeof line - at);
}
