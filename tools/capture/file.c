/*
 * file.c - the file of a traced process: its header, and slots for blocks.
 *
 * The file grows by a window at a time: opened by name, lengthened with its room on the disk reserved
 * (room.c), mapped, closed again. Threads take slots from the window, fill them, and unmap them. All of it
 * is shared memory with the kernel's page cache, so whatever ends the process, what was recorded stays.
 */
#include "capture.h"
#include "lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>

/* The first window is small, for there are many small programs; then each is as large as the file. */
#define WINDOW_LEAST ((uint64_t)128 << 10)
#define WINDOW_MOST ((uint64_t)8 << 20)

/* Columns have room for 4,096 operations of common kinds: 2 bytes each for what was done, when and
 * where from; 5 for the place of each of the 4,096 that might be begins. A block ends when one is full. */
#define OPERATIONS_ROOM 8192u
#define TIMES_ROOM 8192u
#define SITES_ROOM 8192u
#define PLACES_ROOM 20480u

uint32_t file_slot_bytes;
uint32_t file_column_at[COLUMNS + 1];

static atomic_uint lock;
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
        if (process.columns >> column & 1)
            at = end += rooms[column];
    }
    file_column_at[COLUMNS] = at;
    file_slot_bytes = (end + page - 1) / page * page;
    header_bytes = page > FILE_HEADER_BYTES ? page : FILE_HEADER_BYTES;
}

static int open_file(int flags) {
    return (int)syscall(SYS_openat, AT_FDCWD, process.path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
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
    file->columns = process.columns;
    file->session = process.session;
    file->started_at = (uint64_t)now.tv_sec;
    file->pid = (uint32_t)syscall(SYS_getpid);
    file->parent_pid = process.epoch ? (uint32_t)syscall(SYS_getppid) : 0;
    file->frames = process.frames;
    file->missed_calls = atomic_load(&process.missed);
    read_command(file);
    memcpy(file->magic, FILE_MAGIC, sizeof file->magic);
}

/* The name belongs to us: what lies there is of an earlier recording, of this process before exec say. */
bool file_create(void) {
    if (!file_slot_bytes)
        lay_out();
    syscall(SYS_unlinkat, AT_FDCWD, process.path, 0);
    int fd = open_file(O_CREAT | O_EXCL);
    if (fd < 0)
        return false;
    uint64_t bytes = header_bytes;
    if (room_take(fd, 0, &bytes, header_bytes) == STOP_NOT)
        process.file = map(fd, 0, header_bytes);
    syscall(SYS_close, fd);
    if (!process.file) {
        syscall(SYS_unlinkat, AT_FDCWD, process.path, 0);
        return false;
    }
    file_length = header_bytes;
    fill_header(process.file);
    return true;
}

/* --- Slots ---------------------------------------------------------------------------------------- */

static enum trace_stop take_window(void) {
    uint64_t bytes = file_length < WINDOW_LEAST ? WINDOW_LEAST : file_length;
    bytes = bytes < WINDOW_MOST ? bytes : WINDOW_MOST;
    bytes -= bytes % file_slot_bytes;
    if (!bytes)
        bytes = file_slot_bytes;
    int fd = open_file(0);
    if (fd < 0)
        return STOP_NOT_OPENED;
    /* Is it still ours? Somebody may have put another file there. */
    char *memory = NULL;
    struct trace_file header;
    enum trace_stop stop = STOP_NOT_OPENED;
    if (syscall(SYS_pread64, fd, &header, sizeof header, 0L) == (long)sizeof header &&
        header.session == process.session && header.pid == process.file->pid)
        stop = room_take(fd, file_length, &bytes, file_slot_bytes);
    if (stop == STOP_NOT)
        memory = map(fd, file_length, bytes);
    syscall(SYS_close, fd);
    if (!memory)
        return stop == STOP_NOT ? STOP_NO_ROOM : stop;
    file_length += bytes;
    window = memory;
    window_end = memory + bytes;
    return STOP_NOT;
}

struct trace_block *file_take_slot(void) {
    struct trace_block *block = NULL;
    if (atomic_load(&process.stopped))
        return NULL;
    lock_take(&lock);
    enum trace_stop stop = window != window_end ? STOP_NOT : take_window();
    if (stop == STOP_NOT) {
        block = (struct trace_block *)window;
        window += file_slot_bytes;
        block->sequence = sequence++;
    } else {
        process.file->stopped = stop;
        atomic_store(&process.stopped, true);
    }
    lock_give(&lock);
    return block;
}

void file_leave_slot(struct trace_block *block) {
    syscall(SYS_munmap, block, (size_t)file_slot_bytes);
}

/* In a forked child: the file is the parent's. */
void file_forget(void) {
    if (process.file)
        syscall(SYS_munmap, process.file, (size_t)header_bytes);
    if (window != window_end)
        syscall(SYS_munmap, window, (size_t)(window_end - window));
    process.file = NULL;
    window = window_end = NULL;
    file_length = sequence = 0;
}

void file_lock(void) {
    lock_take(&lock);
}

void file_unlock(void) {
    lock_give(&lock);
}
