/*
 * probe.h - static probes at sampled objects, for bpftrace, perf and systemtap: one nop each.
 *
 *      otel_memory:alloc(pointer, size, bytes that it stands for)
 *      otel_memory:free(pointer)
 *
 * They exist where the library was built with systemtap's header.
 */
#pragma once

#if defined(__has_include) && __has_include(<sys/sdt.h>)
#include <sys/sdt.h>
#define PROBE_ALLOC(object, size, weight) DTRACE_PROBE3(otel_memory, alloc, object, size, weight)
#define PROBE_FREE(object) DTRACE_PROBE1(otel_memory, free, object)
#else
#define PROBE_ALLOC(object, size, weight) ((void)0)
#define PROBE_FREE(object) ((void)0)
#endif
