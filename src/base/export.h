/* export.h - the standard names: aliases of the prefixed ones in the same file, so a call costs no jump. */
#pragma once

#include "base.h"

/* Sanitizers own malloc. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HALLOC_NO_OVERRIDE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HALLOC_NO_OVERRIDE 1
#endif
#endif

#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmissing-attributes" /* the prototypes of libc carry them already */
#endif
#define ALIAS(name) __attribute__((alias(#name), visibility("default")))
#define EXPORT __attribute__((visibility("default")))
