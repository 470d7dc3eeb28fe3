/*
 * operation.h - one call of a traced program, as every reader of a trace sees it.
 *
 * A trace has requests, not places. Three numbers name things:
 *
 *   number   the operation's place in the one order of the whole trace, from 0
 *   object   an allocation begins it, and a free ends it. The numbers have no gaps, so an array of
 *            trace_totals(trace)->objects entries can hold a fact about each
 *   thread   a thread of the program, from 0, in the order in which they first allocated
 *
 * A realloc ends one object (`previous`) and begins the next (`object`), even if the program's pointer
 * stayed the same. So an operation on an object always refers to the last call on it, and the order
 * between threads is exact. A reader that needs one identity moves its record: slot[object] =
 * realloc(slot[previous], size).
 *
 * In the order of the trace an object begins before it ends, even in different threads.
 */
#ifndef HALLOC_TRACE_OPERATION_H
#define HALLOC_TRACE_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

enum operation_kind {
    OPERATION_MALLOC,       /* begins object: size                                                     */
    OPERATION_CALLOC,       /* begins object: size is the product                                      */
    OPERATION_ALIGNED,      /* begins object: size, alignment                                          */
    OPERATION_REALLOC,      /* ends previous, begins object: size. previous may be OBJECT_NONE: what   */
                            /*   was resized is not of this trace (see OPERATION_FREE_UNKNOWN)         */
    OPERATION_FREE,         /* ends object                                                             */
    OPERATION_FREE_SIZED,   /* ends object; size is what the caller said, rightly or not               */
    OPERATION_FREE_NULL,    /* free(NULL): nothing happens                                             */
    OPERATION_FREE_UNKNOWN, /* something the trace never saw given out: a parent's, before fork        */
    OPERATION_FAILURE,      /* a call that gave NULL; `failed` is its kind, with size, alignment. A    */
                            /*   failed realloc ends nothing                                           */
    OPERATION_THREAD_EXIT,  /* the thread's last operation, as a rule                                  */
    OPERATION_FORK,         /* here the program forked; the child has a trace of its own               */
    OPERATION_KINDS
};

#define OBJECT_NONE UINT64_MAX
#define SITE_NONE 0u

struct operation {
    uint64_t number;
    uint64_t object;   /* the object that begins or ends; OBJECT_NONE if none does */
    uint64_t previous; /* REALLOC only, else OBJECT_NONE                       */
    uint64_t size;     /* exactly as requested                                 */
    /* Since the trace began. Exact in a trace with times. Otherwise interpolated between the times that
     * every few thousand operations have: good for an axis, not for a measurement. */
    uint64_t time_ns;
    /* The address that the allocator below gave, and the usable size; 0 in traces without addresses. */
    uint64_t address;
    uint64_t usable;
    uint32_t thread;
    uint32_t other_thread; /* the thread that began the object that ends here; else `thread` */
    uint32_t site;         /* the call site, for trace_site(); SITE_NONE if not recorded    */
    uint8_t kind;          /* enum operation_kind                                           */
    uint8_t failed;        /* FAILURE only                                                  */
    uint8_t alignment_log2;
};

static inline bool operation_begins_object(const struct operation *operation) {
    return operation->kind <= OPERATION_REALLOC;
}

/* The object that ends here, or OBJECT_NONE. */
static inline uint64_t operation_ended_object(const struct operation *operation) {
    if (operation->kind == OPERATION_REALLOC)
        return operation->previous;
    bool frees = operation->kind == OPERATION_FREE || operation->kind == OPERATION_FREE_SIZED;
    return frees ? operation->object : OBJECT_NONE;
}

static inline const char *operation_kind_name(unsigned kind) {
    static const char *const names[OPERATION_KINDS] = {
        "malloc",     "calloc",       "aligned", "realloc",     "free", "sized free",
        "free(NULL)", "unknown free", "failure", "thread exit", "fork",
    };
    return kind < OPERATION_KINDS ? names[kind] : "?";
}

#endif
