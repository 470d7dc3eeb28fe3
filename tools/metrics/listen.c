/* listen.c - see listen.h. */
#define _GNU_SOURCE 1
#include "listen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENT_SECONDS 2
#define WAITING_MOST 16 /* clients, before more are refused */

static volatile sig_atomic_t stopped;

static void stop(int number) {
    (void)number;
    stopped = 1;
}

/* --- The socket ---------------------------------------------------------------------------------------- */

/* A socket without a listener is what a killed command left. */
static const char *make_room(const struct sockaddr_un *address) {
    struct stat status;
    if (lstat(address->sun_path, &status) != 0)
        return NULL;
    if (!S_ISSOCK(status.st_mode))
        return "exists and is no socket: not replaced";
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_used =
        connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno != ECONNREFUSED;
    close(fd);
    if (is_used)
        return "is in use: something listens there";
    return unlink(address->sun_path) == 0 ? NULL : strerror(errno);
}

static const char *open_socket(const char *path, int *fd) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return "too long for a socket: 107 bytes at most";
    strcpy(address.sun_path, path);
    const char *why = make_room(&address);
    if (why)
        return why;
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177); /* only its owner may connect */
    bool is_open = *fd >= 0 && bind(*fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                   listen(*fd, WAITING_MOST) == 0;
    int error = errno;
    umask(mask);
    return is_open ? NULL : strerror(error);
}

/* --- A client ------------------------------------------------------------------------------------------ */

/* Reads up to the empty line behind a request, or to the end. */
static void read_request(int fd, char *request, size_t bytes) {
    size_t count = 0;
    while (count < bytes - 1) {
        ssize_t got = recv(fd, request + count, bytes - 1 - count, 0);
        if (got <= 0)
            break;
        count += (size_t)got;
        request[count] = 0;
        if (strstr(request, "\r\n\r\n") || strstr(request, "\n\n"))
            break;
    }
    request[count] = 0;
}

static bool is_get(const char *request) {
    return strncmp(request, "GET / ", 6) == 0 || strncmp(request, "GET /metrics ", 13) == 0 ||
           strncmp(request, "GET /metrics?", 13) == 0;
}

static void send_all(int fd, const char *text, size_t bytes) {
    while (bytes) {
        ssize_t sent = send(fd, text, bytes, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        bytes -= (size_t)sent;
    }
}

static void serve(int fd, const struct listening *listening) {
    char request[8192], head[256], *text = NULL;
    size_t bytes = 0;
    const struct timeval patience = {.tv_sec = CLIENT_SECONDS};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    read_request(fd, request, sizeof request);
    const char *status = *request && !is_get(request) ? "404 Not Found" : "200 OK", *why = NULL;
    FILE *file = open_memstream(&text, &bytes);
    if (!file)
        return;
    if (*status == '4')
        why = "GET /metrics is all that there is";
    else if ((why = listening->answer(file, listening->context)))
        status = "503 Service Unavailable";
    if (why)
        fprintf(file, "%s\n", why);
    if (fclose(file) == 0 && *request) {
        int length = snprintf(head, sizeof head,
                              "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                              "Connection: close\r\n\r\n",
                              status, why ? "text/plain" : listening->type, bytes);
        send_all(fd, head, (size_t)length);
    }
    send_all(fd, text, bytes);
    free(text);
}

/* --- All of them --------------------------------------------------------------------------------------- */

const char *listen_at(const char *path, const struct listening *listening) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t signals, before;
    int fd = -1;
    const char *why = open_socket(path, &fd);
    if (why) {
        if (fd >= 0)
            close(fd);
        return why;
    }
    sigemptyset(&signals);
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
        sigaddset(&signals, numbers[index]);
        sigaction(numbers[index], &(struct sigaction){.sa_handler = stop}, NULL);
    }
    sigprocmask(SIG_BLOCK, &signals, &before); /* they come while this waits, and at no other time */
    while (!stopped && listening->goes_on(listening->context)) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (ppoll(&waiting, 1, &(struct timespec){.tv_sec = 1}, &before) != 1)
            continue;
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        serve(client, listening);
        close(client);
    }
    unlink(path);
    close(fd);
    return NULL;
}
