/*
 * listen.h - answers who connects to a Unix socket: Prometheus's scrape through a proxy, telegraf, curl.
 *
 *      curl --unix-socket S http://localhost/metrics      HTTP: one request, one answer, the end
 *      nc -NU S </dev/null                                no request: the text alone
 *
 * A Unix socket is a file. No network reaches it, and its permissions let in its owner and root alone. One
 * client is served after the other, each for some seconds at most.
 */
#ifndef HALLOC_METRICS_LISTEN_H
#define HALLOC_METRICS_LISTEN_H

#include <stdbool.h>
#include <stdio.h>

struct listening {
    const char *type; /* of what is written: its MIME type */
    /* Writes the answer. Returns NULL, or why there is none. */
    const char *(*answer)(FILE *file, void *context);
    bool (*goes_on)(void *context); /* asked each second */
    void *context;
};

/* Until a signal ends it, or goes_on says no: then the socket is removed. Returns NULL, or what is wrong with
 * that path. */
const char *listen_at(const char *path, const struct listening *listening);

#endif
