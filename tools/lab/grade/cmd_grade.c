/*
 * cmd_grade.c - `halloc lab grade`: a class, graded by as many processes as there are processors.
 *
 * Each submission has a process, and the learner's code runs in children of that. The process sends its grade
 * through a pipe that those children do not have. So no submission can reach the grade of another.
 *
 * The rows have the order of the command line. Each is printed as soon as it and those before it are known:
 * who interrupts a large class has them.
 */
#define _GNU_SOURCE 1
#include "grade.h"
#include "../../base/child.h"
#include "../../base/progress.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WHO "halloc lab grade"
#define WORKERS_MOST 16
/* The clock's limit for a submission, in parts of its limit of processor time: only what sleeps again and
 * again comes to it, even where others have most of the machine. */
#define CLOCK_PARTS 12

struct worker {
    pid_t child;
    int fd;
    size_t index;
    time_t until;
};

/* What a compiler says about each submission would fill the screen. Its grade says that it does not
 * compile. */
static void work(const char *path, const struct rubric *rubric, int fd, bool quiet) {
    struct grade grade = {0};
    if (quiet && !freopen("/dev/null", "w", stderr))
        _exit(1);
    submission_grade(path, rubric, &grade);
    _exit(write(fd, &grade, sizeof grade) != sizeof grade);
}

static bool start(struct worker *worker, size_t index, const char *path, const struct rubric *rubric,
                  struct grade *grade, bool quiet) {
    char source[PATH_MAX];
    int pipes[2];
    bool piped = pipe(pipes) == 0;
    if (piped) {
        submission_find(path, rubric, grade, source); /* the row has its name, whatever comes */
        worker->child = child_fork();
    }
    if (!piped || worker->child < 0) {
        worker->child = 0;
        grade->machine = true;
        snprintf(grade->message, sizeof grade->message, "cannot make a process: %s", strerror(errno));
        return false;
    }
    if (worker->child == 0) {
        close(pipes[0]);
        work(path, rubric, pipes[1], quiet);
    }
    close(pipes[1]);
    worker->fd = pipes[0];
    worker->index = index;
    worker->until = time(NULL) + (time_t)(CLOCK_PARTS * rubric->trial.seconds_most) + 1;
    return true;
}

/* False: there is no grade. */
static bool end(struct worker *worker, struct grade *grade) {
    struct grade read_grade;
    bool late = time(NULL) > worker->until;
    if (late)
        kill(worker->child, SIGKILL);
    bool told = !late && read(worker->fd, &read_grade, sizeof read_grade) == sizeof read_grade;
    int status = 0;
    close(worker->fd);
    waitpid(worker->child, &status, 0);
    worker->child = 0;
    if (told)
        *grade = read_grade;
    else if (late)
        snprintf(grade->message, sizeof grade->message,
                 "it could not be graded: it uses little time, and does not end");
    else
        snprintf(grade->message, sizeof grade->message, "the process that grades it ended (wait status %d)",
                 status);
    grade->machine |= !told && !late;
    grade->ended = !grade->machine;
    return grade->ended;
}

/* No submission pays for what the machine can't do. */
static bool stop(const char *path, const struct grade *grade) {
    progress_end();
    fprintf(stderr, WHO ": %s is not graded: %s\n", path, grade->message);
    return false;
}

static bool is_ready(const struct worker *worker) {
    struct pollfd waited = {.fd = worker->fd, .events = POLLIN};
    return poll(&waited, 1, 0) > 0 || time(NULL) > worker->until;
}

static void print(enum format format, const char *path, const struct rubric *rubric,
                  const struct grade *grade) {
    struct rubric fair = rubric_for(rubric, grade->whole);
    rubric = &fair;
    progress_end();
    switch (format) {
    case FORMAT_CSV: report_csv(path, rubric, grade); break;
    case FORMAT_GRADESCOPE: report_gradescope(rubric, grade); break;
    case FORMAT_AUTOLAB: report_autolab(rubric, grade); break;
    default: report_words(path, rubric, grade);
    }
    fflush(stdout);
}

static bool grade_all(const struct lab_options *options, const struct rubric *rubric, struct grade *grades) {
    struct worker workers[WORKERS_MOST] = {{0}};
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = processors < 1 ? 1 : processors > WORKERS_MOST ? WORKERS_MOST : (size_t)processors;
    size_t begun = 0, ended = 0, printed = 0, all = options->trace_count;
    bool good = true;
    while (good && ended < all) {
        for (size_t which = 0; which < count && good; which++) {
            struct worker *worker = &workers[which];
            if (worker->child && is_ready(worker)) {
                struct grade *grade = &grades[worker->index];
                good = end(worker, grade) || stop(options->traces[worker->index], grade);
                ended++;
            }
            if (good && !worker->child && begun < all) {
                const char *path = options->traces[begun];
                struct grade *grade = &grades[begun];
                good = start(worker, begun++, path, rubric, grade, all > 1) || stop(path, grade);
            }
        }
        for (; printed < begun && grades[printed].ended; printed++)
            print(options->format, options->traces[printed], rubric, &grades[printed]);
        if (all > 1)
            progress_show("grading", ended, all);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    for (size_t which = 0; which < count; which++)
        if (workers[which].child)
            kill(workers[which].child, SIGKILL);
    return good;
}

/* 0: all are graded, whatever their points. */
int lab_grade(const struct lab_options *options) {
    struct rubric rubric;
    struct grade *grades = calloc(options->trace_count, sizeof *grades);
    int status = 2;
    if (options->format > FORMAT_CSV && options->trace_count != 1)
        status = lab_usage("--gradescope and --autolab grade one submission", "");
    else if (grades && rubric_read(&rubric, options->rubric)) {
        progress_begin(WHO);
        if (options->format == FORMAT_CSV)
            report_csv_head();
        bool good = grade_all(options, &rubric, grades);
        progress_end();
        rubric_free(&rubric);
        status = good ? 0 : 2;
    }
    free(grades);
    return status;
}
