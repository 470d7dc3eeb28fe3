/*
 * report_words.c - numbers, signals and endings in words.
 */
#include "report.h"
#include "../base/plain.h"
#include "../base/words.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#define WORDS_KEPT 16
#define WORDS_ROOM 200

/* The next of several buffers, so that one printf may call several of these functions. */
__attribute__((format(printf, 1, 2))) static char *words(const char *format, ...) {
    static char kept[WORDS_KEPT][WORDS_ROOM];
    static unsigned turn;
    char *buffer = kept[turn++ % WORDS_KEPT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer, WORDS_ROOM, format, arguments);
    va_end(arguments);
    return buffer;
}

const char *words_count(uint64_t number) {
    char digits[24], grouped[32];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    int at = 0;
    for (int index = 0; index < length; index++) {
        if (index && (length - index) % 3 == 0)
            grouped[at++] = ',';
        grouped[at++] = digits[index];
    }
    grouped[at] = 0;
    return words("%s", grouped);
}

const char *words_many(uint64_t number, const char *noun) {
    return words("%s %s%s", words_count(number), noun, word_plural(number, noun));
}

const char *words_bytes(uint64_t bytes) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024)
        return words("%u %s", (unsigned)bytes, bytes == 1 ? "byte" : "bytes");
    double size = (double)bytes / 1024;
    unsigned unit = 0;
    for (; size >= 1023.95 && unit + 1 < sizeof units / sizeof *units; unit++)
        size /= 1024;
    return words("%.1f %s", size, units[unit]);
}

const char *words_percent(double share) {
    return words("%.1f%%", 100 * share);
}

const char *words_seconds(uint64_t ns) {
    double seconds = (double)ns / 1e9;
    return words(seconds < 10 ? "%.3f s" : "%.1f s", seconds);
}

const char *words_signal(int signal) {
    static const struct {
        int signal;
        const char *name;
    } names[] = {
        {SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"}, {SIGILL, "SIGILL"},
        {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
        {SIGKILL, "SIGKILL"}, {SIGUSR1, "SIGUSR1"}, {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"},
        {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"}, {SIGXCPU, "SIGXCPU"},
        {SIGXFSZ, "SIGXFSZ"}, {SIGSYS, "SIGSYS"},
    };
    for (size_t index = 0; index < sizeof names / sizeof *names; index++)
        if (names[index].signal == signal)
            return names[index].name;
    return words("signal %d", signal);
}

const char *words_name(const char *name) {
    return plain(words("%s", name));
}

const char *words_status(int status) {
    if (!WIFSIGNALED(status))
        return words("exit status %d", WEXITSTATUS(status));
    return words("killed by %s%s", words_signal(WTERMSIG(status)), WCOREDUMP(status) ? ", core dumped" : "");
}

/* The program that a process became by exec: that of its next record. */
static const char *next_program(const struct report *report, size_t index) {
    for (size_t later = index + 1; later < report->count; later++)
        if (report_is_whole(report, later) && report->records[later].pid == report->records[index].pid)
            return words_name(report->records[later].program);
    return "another program";
}

const char *words_ending(const struct report *report, size_t index) {
    bool is_main = report_is_main(report, index);
    switch (report_ending(report, index)) {
    case ENDED_BY_EXIT: return is_main ? words_status(report->status) : "exited";
    case ENDED_BY__EXIT: return words("%s, by _exit", words_status(report->status));
    case ENDED_BY_SIGNAL: return words_status(report->status);
    case ENDED_BY_EXEC: return words("became %s by exec", next_program(report, index));
    case ENDED_ELSEWHERE:
        return words("%s, as '%s': after _exit, or exec of a program not on halloc",
                     words_status(report->status), words_name(report->last_name));
    case ENDED_NOT_YET: return "still at work";
    case ENDED_UNKNOWN: break;
    }
    return "ended by _exit, a signal, or exec of a program not on halloc";
}
