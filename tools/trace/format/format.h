/*
 * format.h - the .htrace file, byte by byte. What the recorder, the writer and the reader agree on.
 *
 *      file header | block | block | block | ... | footer block
 *
 * All numbers are little-endian. A block holds up to 4,096 operations of one thread, in columns:
 *
 *      block header | operations | [times] | [sites] | [places]
 *
 * So a reader that needs only the operations reads only them. Each block can be understood without the
 * others. So a reader can seek, and a file without its end is still useful.
 *
 * An operation is varint(argument << 3 | code), and after it what the table says (varints as well):
 *
 *      code            argument    then                        begins   ends
 *      MALLOC          size                                    object
 *      CALLOC          size                                    object
 *      ALIGNED         size        log2 of the alignment       object
 *      FREE            distance                                         object
 *      REALLOC         distance    size                        object   object
 *      FREE_OTHER      thread      object, relative                     object
 *      REALLOC_OTHER   thread      object, relative; size      object   object
 *      EXTENSION       which       see enum trace_extension
 *
 * A thread's objects are numbered as they begin, from 0, so a begin needs no number. A distance counts
 * back from the newest: 0 is the object that this thread began last. An object of another thread is given
 * by its number there: a zigzag difference from the last such number in this block (at first from 0).
 *
 * The columns that a file may have or lack (enum trace_column):
 *
 *      times       an entry an operation: nanoseconds since the one before (at first: since first_ns)
 *      sites       an entry a begin: the call site's number, 0 where unknown
 *      places      an entry a begin: the address, in units of 8 bytes, as a zigzag difference from the
 *                  last in this block (at first from 0), then usable size less size, zigzag
 *
 * A file has two states. During the recording every block has slot_bytes bytes, and is mapped and written
 * in place. A thread's open block counts its operations and has no checksum yet. If the program is killed
 * this remains, and it can be read. A finished file is packed. All its blocks have checksums, and it has a
 * footer: totals, marks, turns, checkpoints (footer.c).
 */
#ifndef HALLOC_TRACE_FORMAT_H
#define HALLOC_TRACE_FORMAT_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error ".htrace files are little-endian, and so must this machine be"
#endif

/* --- Operations ----------------------------------------------------------------------------------- */

enum trace_code {
    CODE_MALLOC,
    CODE_FREE,
    CODE_CALLOC,
    CODE_REALLOC,
    CODE_FREE_OTHER,
    CODE_REALLOC_OTHER,
    CODE_ALIGNED,
    CODE_EXTENSION,
};
#define CODE_BITS 3

enum trace_extension {
    EXTENSION_FREE_NULL = 1,    /*                                                              */
    EXTENSION_FREE_UNKNOWN,     /*                                                              */
    EXTENSION_FREE_SIZED,       /* distance, size as the caller gave it */
    EXTENSION_FREE_SIZED_OTHER, /* thread, object relative, size as the caller gave it */
    EXTENSION_REALLOC_UNKNOWN,  /* size: begins an object, ends no known one */
    EXTENSION_FAILURE,          /* enum operation_kind that failed, size, log2 of the alignment */
    EXTENSION_THREAD_EXIT,      /*                                                              */
    EXTENSION_FORK,             /*                                                              */
    EXTENSIONS
};

/* Code and extension bytes, and up to four varints after them. */
#define OPERATION_BYTES_MOST 48
#define PLACE_BYTES_MOST 20
#define VARINT_BYTES_MOST 10

/* --- Blocks --------------------------------------------------------------------------------------- */

enum trace_block_kind {
    BLOCK_OPERATIONS = 1,
    BLOCK_SITES,   /* `count` call sites, the first is number first_object: a varint count of frames, then */
                   /* each return address as a zigzag difference from the one before                     */
    BLOCK_MODULES, /* `count` modules: varints start, length, offset in the file, length of the path;     */
                   /* the path. In blocks of sites and modules `thread` is an epoch, which dlclose ends: a */
                   /* site's frames lie in the modules of its own epoch and those before, in the last there */
    BLOCK_FOOTER,
    BLOCK_NAMES, /* `count` names of frames, the first is number first_object: varints line, lengths of  */
                 /* function, source file and module; then these three. In a file with names, a frame of */
                 /* a site is the number of its name, from 1, and no address                             */
};

enum trace_column { COLUMN_OPERATIONS, COLUMN_TIMES, COLUMN_SITES, COLUMN_PLACES, COLUMNS };

#define BLOCK_MAGIC 0x6b6c6248u /* "Hblk" */
#define BLOCK_OPERATIONS_MOST 4096u

/*
 * 1. at[c] + bytes[c] <= stride, for every column c of `columns`; other columns have 0 bytes.
 * 2. checksum is 0 only while the block is open: then bytes[] and begins are not set, and `count`
 *    operations are complete. Blocks that are not of operations are complete when `count` says so.
 * 3. The blocks of one thread lie in the file in their order, and each first_object is the sum of
 *    `begins` of that thread's blocks before.
 */
struct trace_block {
    uint32_t magic;
    uint16_t kind;
    uint16_t columns; /* bit c: the file has column c */
    uint32_t stride;  /* from this block to the next */
    uint32_t thread;
    uint32_t count;
    uint32_t begins; /* objects begun in this block */
    uint64_t sequence;
    uint64_t first_object;
    uint64_t first_ns, last_ns; /* since the trace began; last_ns is a lower bound while open */
    uint32_t at[COLUMNS];
    uint32_t bytes[COLUMNS];
    uint64_t checksum; /* checksum.h */
};
_Static_assert(sizeof(struct trace_block) == 96, "the same on every machine");

/* --- The file ------------------------------------------------------------------------------------- */

#define FILE_MAGIC "\x89htrace\n"
#define FILE_VERSION 1u
#define FILE_HEADER_BYTES 4096u /* a page while recording; at first[] in a packed file */

#define THREADS_MOST 0xfffffeu           /* 24 bits in the recorder's map, less "none" */
#define OBJECTS_MOST ((uint64_t)1 << 40) /* of one thread */

struct trace_file {
    char magic[8];
    uint32_t version;
    uint32_t first;      /* where the first block begins                                */
    uint32_t slot_bytes; /* of every block while recording; 0: packed                   */
    uint32_t columns;    /* of every block of operations                                */
    uint64_t session;    /* of `halloc trace`: which files it has to finish             */
    uint64_t footer_at;  /* 0: none yet                                                 */
    union {
        uint64_t file_bytes; /* of the finished file                                     */
        uint64_t identity;   /* while recording: which process writes it, identity.h      */
    };
    uint64_t checksum;   /* checksum.h; 0 while recording                               */
    uint64_t started_at; /* seconds since 1970                                          */
    uint64_t missed_calls;
    uint32_t pid, parent_pid;
    uint32_t stopped; /* enum trace_stop: why recording ended early                    */
    uint32_t frames;  /* frames of a call site, as asked for */
    uint32_t command_bytes;
    char command[1]; /* words with zero bytes between, to the end of the header        */
};
#define COMMAND_BYTES_MOST 2048u

enum trace_stop {
    STOP_NOT,
    STOP_NO_ROOM,    /* the disk is full                                                */
    STOP_LIMIT,      /* RLIMIT_FSIZE                                                    */
    STOP_NOT_OPENED, /* its descriptor was closed, and its path leads there no more     */
    STOP_BOUND,      /* the limit is reached: halloc trace --limit */
    STOP_NO_MEMORY,  /* the process may not map what the recorder needs (ulimit -v)     */
};

#endif
