/*
 * writer.h - makes a .htrace file without a recording: for imports and generators.
 *
 *      struct trace_writer *writer = trace_writer_open("F.htrace", "halloc gen shore", false);
 *      uint64_t object = trace_write_begin(writer, 0, OPERATION_MALLOC, 24, 0);
 *      object = trace_write_realloc(writer, 0, object, 100);
 *      trace_write_free(writer, 0, object);
 *      if (!trace_writer_close(writer, &problem))
 *          return trace_complain("halloc gen", "F.htrace", &problem);
 *
 * The calls of one thread stay in their order. The reader orders the calls of several threads, as in a
 * recording. The clock here goes on by a little with each call, so the order is about that of the calls.
 * Errors are kept until the end: close reports them. The file is written beside F.htrace until it is
 * complete (output.h).
 */
#ifndef HALLOC_TRACE_WRITER_H
#define HALLOC_TRACE_WRITER_H

#include "../read/reader.h"
#include "../../base/output.h"

struct trace_writer;

/* For output_refused: a trace is replaced only by a trace. */
extern const struct output_kind trace_output;

/* NULL: the file can't be made, or another file that is no trace has this name. trace_writer_complain,
 * called at once, prints the reason, and returns 1. */
struct trace_writer *trace_writer_open(const char *path, const char *command, bool has_sites);
int trace_writer_complain(const char *who, const char *path);

/* For all kinds that begin an object, except realloc. Returns a name for the object. */
uint64_t trace_write_begin(struct trace_writer *writer, uint32_t thread, enum operation_kind kind,
                           uint64_t size, unsigned alignment_log2);
/* The old name is invalid afterwards. TRACE_UNKNOWN: this trace did not begin the old object. */
uint64_t trace_write_realloc(struct trace_writer *writer, uint32_t thread, uint64_t object, uint64_t size);
void trace_write_free(struct trace_writer *writer, uint32_t thread, uint64_t object);
/* FREE_NULL, FREE_UNKNOWN, THREAD_EXIT, FORK. */
void trace_write_event(struct trace_writer *writer, uint32_t thread, enum operation_kind kind);
void trace_write_failure(struct trace_writer *writer, uint32_t thread, enum operation_kind failed,
                         uint64_t size, unsigned alignment_log2);
#define TRACE_UNKNOWN UINT64_MAX

/* The clock goes on to this time, if it is later. */
void trace_write_time(struct trace_writer *writer, uint64_t now_ns);

/* Call sites, for a writer that was opened with them. A frame is the number of its name, a site is made of
 * frames, the caller of malloc first. From trace_write_at on, objects that begin have that site. */
uint32_t trace_write_name(struct trace_writer *writer, const struct trace_name *name);
uint32_t trace_write_site(struct trace_writer *writer, const uint32_t *names, unsigned count);
void trace_write_at(struct trace_writer *writer, uint32_t site);

/* Completes the file and puts it in its place. The writer is freed. */
bool trace_writer_close(struct trace_writer *writer, struct trace_problem *problem);
/* Removes everything. */
void trace_writer_abandon(struct trace_writer *writer);

/* The second half of trace_finish: writes what trace_open has read from `from`. */
bool trace_pack(const struct trace *trace, const char *from, const char *to, struct trace_totals *totals,
                struct trace_problem *problem);

/* Makes a finished file of an unfinished one, as a recording leaves it: packed, with its footer. `to` may
 * be the same path, but no device or folder. *totals, if not NULL, receives the totals. If `from` is
 * damaged, everything before the damage is kept, problem describes the damage, and the result is true.
 * False: `from` is unchanged. */
bool trace_finish(const char *from, const char *to, struct trace_totals *totals,
                  struct trace_problem *problem);

#endif
