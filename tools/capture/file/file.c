/*
 * file.c - the file of a traced process: its name, its header, and slots for blocks.
 *
 * The file grows by one window at a time. A window is room that is reserved on the disk (room.c), added to
 * the file, and mapped. Threads take slots from the window, fill them, and unmap them. This memory is
 * shared with the kernel's page cache. So the recorded blocks survive whatever ends the process.
 *
 * The program itself writes F, and any other process writes F.PID. A file of another process may have that
 * name: it had the same pid in another pid namespace, or in an earlier recording. That file stays, and the
 * new one is F.PID.2 or a higher number. A file that this process wrote before an exec is replaced.
 */
#include "../capture.h"
#include "../signal_lock.h"
#include "../../trace/format/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>

/* The first window is small, because many programs are small. Each later one is as large as the file. */
#define WINDOW_LEAST ((uint64_t)128 << 10)
#define WINDOW_MOST ((uint64_t)8 << 20)

/* Columns have room for 4,096 operations of common kinds. 2 bytes each hold the operation, its time, and
 * its site. 5 bytes hold the place of each operation that may begin an object. A block ends when one column
 * is full. */
#define OPERATIONS_ROOM 8192u
#define TIMES_ROOM 8192u
#define SITES_ROOM 8192u
#define PLACES_ROOM 20480u

uint32_t file_slot_bytes;
uint32_t file_column_at[COLUMNS + 1];

static struct lock lock;
static uint32_t header_bytes; /* a page */
static uint64_t file_length, sequence;
static char *window, *window_end;

static void lay_out(void) {
    static const uint32_t rooms[COLUMNS] = {OPERATIONS_ROOM, TIMES_ROOM, SITES_ROOM, PLACES_ROOM};
    uint32_t page = (uint32_t)getauxval(AT_PAGESZ);
    uint32_t at = sizeof(struct trace_block);
    uint32_t end = 0;
    for (unsigned column = 0; column < COLUMNS; column++) {
        file_column_at[column] = at;
        if (traced.columns >> column & 1)
            at = end += rooms[column];
    }
    file_column_at[COLUMNS] = at;
    file_slot_bytes = (end + page - 1) / page * page;
    header_bytes = page > FILE_HEADER_BYTES ? page : FILE_HEADER_BYTES;
}

static void *map(int fd, uint64_t from, uint64_t bytes) {
    void *memory = (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (long)from);
    return memory == MAP_FAILED ? NULL : memory;
}

/* --- The header ----------------------------------------------------------------------------------- */

static void read_command(struct trace_file *file) {
    int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return;
    long got = syscall(SYS_read, fd, file->command, COMMAND_BYTES_MOST);
    syscall(SYS_close, fd);
    file->command_bytes = got > 0 ? (uint32_t)got : 0;
}

static void fill_header(struct trace_file *file) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    file->version = FILE_VERSION;
    file->first = header_bytes;
    file->slot_bytes = file_slot_bytes;
    file->columns = traced.columns;
    file->session = traced.session;
    file->identity = traced.identity;
    file->started_at = (uint64_t)now.tv_sec;
    file->pid = (uint32_t)syscall(SYS_getpid);
    file->parent_pid = traced.epoch ? (uint32_t)syscall(SYS_getppid) : 0;
    file->frames = traced.frames;
    file->missed_calls = atomic_load(&traced.missed);
    read_command(file);
    memcpy(file->magic, FILE_MAGIC, sizeof file->magic);
}

/* --- The name ------------------------------------------------------------------------------------- */

#define NAMES_MOST 1000u /* names of one pid in one folder */

static char *put_number(char *at, uint32_t number) {
    char digits[12];
    size_t count = 0;
    for (; number; number /= 10)
        digits[count++] = (char)('0' + number % 10);
    *at++ = '.';
    while (count)
        *at++ = digits[--count];
    *at = 0;
    return at;
}

/* 0: F; 1: F.PID; more: F.PID.2 and so on. */
static void set_path(unsigned number) {
    size_t length = strlen(traced.base_path);
    memcpy(traced.path, traced.base_path, length + 1);
    char *at = traced.path + length;
    if (number > 0)
        at = put_number(at, (uint32_t)syscall(SYS_getpid));
    if (number > 1)
        put_number(at, number);
}

/* Is that file ours, from before an exec? */
static bool is_of_this_process(void) {
    struct trace_file header;
    int fd = descriptor_open(traced.path, O_RDONLY);
    if (fd < 0)
        return false;
    bool read = syscall(SYS_pread64, fd, &header, sizeof header, 0L) == (long)sizeof header;
    syscall(SYS_close, fd);
    return read && memcmp(header.magic, FILE_MAGIC, sizeof header.magic) == 0 && header.slot_bytes &&
           header.session == traced.session && header.identity == traced.identity;
}

/* Makes a new file. */
static int make_file(void) {
    traced.identity = identity_of_process();
    for (unsigned number = traced.identity != traced.main_identity; number <= NAMES_MOST; number++) {
        set_path(number);
        int fd = descriptor_open(traced.path, O_RDWR | O_CREAT | O_EXCL);
        if (fd < 0 && errno == EEXIST && is_of_this_process()) {
            syscall(SYS_unlinkat, AT_FDCWD, traced.path, 0);
            fd = descriptor_open(traced.path, O_RDWR | O_CREAT | O_EXCL);
        }
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* Without a mapping the header is still written: it tells why nothing follows. */
static void write_header(int fd) {
    union {
        struct trace_file file;
        char bytes[sizeof(struct trace_file) + COMMAND_BYTES_MOST];
    } header = {.file = {.stopped = STOP_NO_MEMORY}};
    fill_header(&header.file);
    if (syscall(SYS_pwrite64, fd, &header, sizeof header, 0L) == (long)sizeof header)
        syscall(SYS_ftruncate, fd, (long)header_bytes);
}

bool file_create(void) {
    if (!file_slot_bytes)
        lay_out();
    int fd = make_file();
    if (fd < 0)
        return false;
    uint64_t bytes = header_bytes;
    if (room_take(fd, 0, &bytes, header_bytes) != STOP_NOT) {
        syscall(SYS_close, fd);
        syscall(SYS_unlinkat, AT_FDCWD, traced.path, 0);
        return false;
    }
    traced.file = map(fd, 0, header_bytes);
    file_length = header_bytes;
    if (traced.file)
        fill_header(traced.file);
    else
        write_header(fd);
    descriptor_keep(fd);
    return traced.file != NULL;
}

/* --- Slots ---------------------------------------------------------------------------------------- */

/* The next window is as long as the file, within limits, in whole slots, and at most as long as was asked
 * for. */
static uint64_t window_bytes(void) {
    uint64_t bytes = file_length < WINDOW_LEAST ? WINDOW_LEAST : file_length;
    bytes = bytes < WINDOW_MOST ? bytes : WINDOW_MOST;
    bytes = bytes > file_slot_bytes ? bytes : file_slot_bytes;
    uint64_t left = traced.most_bytes > file_length ? traced.most_bytes - file_length : 0;
    bytes = bytes < left ? bytes : left;
    return bytes - bytes % file_slot_bytes;
}

static enum trace_stop take_window(void) {
    uint64_t bytes = window_bytes();
    if (!bytes)
        return STOP_BOUND;
    int fd = descriptor_get();
    if (fd < 0)
        return STOP_NOT_OPENED;
    enum trace_stop stop = room_take(fd, file_length, &bytes, file_slot_bytes);
    if (stop != STOP_NOT)
        return stop;
    char *memory = map(fd, file_length, bytes);
    if (!memory)
        return STOP_NO_MEMORY;
    file_length += bytes;
    window = memory;
    window_end = memory + bytes;
    return STOP_NOT;
}

void file_stop(enum trace_stop stop) {
    traced.file->stopped = stop;
    atomic_store(&traced.stopped, true);
}

struct trace_block *file_take_slot(void) {
    struct trace_block *block = NULL;
    if (atomic_load(&traced.stopped) || !traced.file)
        return NULL;
    lock_take(&lock);
    enum trace_stop stop = window != window_end ? STOP_NOT : take_window();
    if (stop == STOP_NOT) {
        block = (struct trace_block *)window;
        window += file_slot_bytes;
        block->sequence = sequence++;
    } else {
        file_stop(stop);
    }
    lock_give(&lock);
    return block;
}

void file_leave_slot(struct trace_block *block) {
    syscall(SYS_munmap, block, (size_t)file_slot_bytes);
}

/* In a forked child: the file is the parent's. Another thread may have been changing the window. */
void file_forget(void) {
    bool whole = lock_forget(&lock);
    if (traced.file)
        syscall(SYS_munmap, traced.file, (size_t)header_bytes);
    if (whole && window != window_end)
        syscall(SYS_munmap, window, (size_t)(window_end - window));
    descriptor_forget();
    traced.file = NULL;
    traced.path[0] = 0;
    window = window_end = NULL;
    file_length = sequence = 0;
}
