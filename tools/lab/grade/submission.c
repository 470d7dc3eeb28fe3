/*
 * submission.c - grades one submission: compiles it, checks it on each trace, and weighs what came out.
 *
 * The check runs the object that reports its reads. So one run tells whether the policy is sound, how large
 * its heap was, and how often it looked. The size comes from the judge's own repetition (evidence.c).
 */
#define _GNU_SOURCE 1
#include "grade.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHO "halloc lab grade"

/* --- Its file ------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static bool refuse(struct grade *grade, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(grade->message, sizeof grade->message, format, arguments);
    va_end(arguments);
    return false;
}

static const char *kind_of(mode_t mode) {
    return S_ISLNK(mode)    ? "a link"
           : S_ISDIR(mode)  ? "a folder"
           : S_ISFIFO(mode) ? "a pipe"
                            : "a device or a socket";
}

/* A link leads out of the folder: to the course, where `halloc lab init` made it. Says in `other` what is
 * called like a source and is no file. */
static bool is_source(const char *folder, const char *name, char other[GRADE_TEXT]) {
    size_t length = strlen(name);
    char path[PATH_MAX];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (name[0] == '.' || length <= 2 || strcmp(name + length - 2, ".c") != 0 || lstat(path, &status) != 0)
        return false;
    if (!S_ISREG(status.st_mode))
        snprintf(other, GRADE_TEXT, "the folder has no .c file: %s is %s", name, kind_of(status.st_mode));
    return S_ISREG(status.st_mode);
}

/* The only .c file of a folder. */
static bool find_only(const char *folder, struct grade *grade) {
    size_t count = 0;
    char other[GRADE_TEXT] = "";
    const struct dirent *entry;
    DIR *list = opendir(folder);
    grade->machine = !list && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
    if (!list)
        return refuse(grade, "the folder can't be read: %s", strerror(errno));
    while ((entry = readdir(list)))
        if (is_source(folder, entry->d_name, other) && !count++)
            snprintf(grade->file, sizeof grade->file, "%s", entry->d_name);
    closedir(list);
    if (count == 1)
        return true;
    grade->file[0] = 0;
    return refuse(grade, "%s",
                  count    ? "the folder has several .c files: the rubric must name one, by `file`"
                  : *other ? other
                           : "the folder has no .c file");
}

bool submission_find(const char *path, const struct rubric *rubric, struct grade *grade,
                     char source[PATH_MAX]) {
    struct stat status;
    if (stat(path, &status) != 0)
        return refuse(grade, "it does not exist");
    if (!S_ISDIR(status.st_mode)) {
        const char *slash = strrchr(path, '/');
        snprintf(grade->file, sizeof grade->file, "%s", slash ? slash + 1 : path);
        snprintf(source, PATH_MAX, "%s", path);
        return S_ISREG(status.st_mode) ||
               refuse(grade, "it is %s, and must be a folder or a file", kind_of(status.st_mode));
    }
    if (rubric->file[0])
        snprintf(grade->file, sizeof grade->file, "%s", rubric->file);
    else if (!find_only(path, grade))
        return false;
    snprintf(source, PATH_MAX, "%s/%s", path, grade->file);
    if (lstat(source, &status) != 0)
        return refuse(grade, "the folder has no %s", grade->file);
    return S_ISREG(status.st_mode) ||
           refuse(grade, "%s is %s, and must be a file", grade->file, kind_of(status.st_mode));
}

/* --- Its marks ------------------------------------------------------------------------------------------ */

static long thousandths(uint64_t part, uint64_t whole) {
    return whole ? (long)((part * 2000 + whole) / (2 * whole)) : 0;
}

static void weigh(struct grade *grade, const struct rubric *rubric, const struct outcome *outcome) {
    const struct criterion *criteria = rubric->criteria;
    long overheads = 0, probes = 0;
    for (size_t index = 0; index < outcome->checked_count; index++) {
        const struct checked *checked = &outcome->checked[index];
        overheads += thousandths(checked->proof.heap_bytes, checked->proof.live_bytes);
        probes += thousandths(checked->probes, checked->finds);
    }
    long count = (long)(outcome->checked_count ? outcome->checked_count : 1);
    grade->values[MEASURE_CORRECT] = thousandths(grade->passed, grade->traces);
    grade->points[MEASURE_CORRECT] =
        criteria[MEASURE_CORRECT].points * (long)grade->passed / (long)(grade->traces ? grade->traces : 1);
    if (!outcome->failed) {
        grade->values[MEASURE_OVERHEAD] = overheads / count;
        grade->values[MEASURE_PROBES] = probes / count;
        grade->points[MEASURE_OVERHEAD] =
            criterion_points(&criteria[MEASURE_OVERHEAD], grade->values[MEASURE_OVERHEAD]);
    }
    if (!outcome->failed && grade->counted)
        grade->points[MEASURE_PROBES] =
            criterion_points(&criteria[MEASURE_PROBES], grade->values[MEASURE_PROBES]);
    for (size_t measure = 0; measure < MEASURES; measure++)
        grade->total += grade->points[measure];
}

static void say(struct grade *grade, const struct rubric *rubric, const struct outcome *outcome) {
    grade->failed = outcome->failed;
    grade->traces = rubric->trace_count ? rubric->trace_count : calls_built_in();
    grade->passed = outcome->passed_count;
    if (!outcome->failed) {
        snprintf(grade->message, sizeof grade->message, "%s",
                 grade->counted || grade->whole ? "passes" : "passes; its probes can't be counted");
        return;
    }
    const char *trace = outcome->failed_trace, *slash = trace ? strrchr(trace, '/') : NULL;
    snprintf(grade->rule, sizeof grade->rule, "%s",
             rule_of(outcome->first.rule, outcome->stage->is_whole)->name);
    if (trace)
        snprintf(grade->message, sizeof grade->message, "%s, operation %llu: %s", slash ? slash + 1 : trace,
                 (unsigned long long)outcome->number, outcome->first.message);
    else
        snprintf(grade->message, sizeof grade->message, "%s", outcome->first.message);
}

/* --- All ------------------------------------------------------------------------------------------------ */

static void judge(struct grade *grade, const struct rubric *rubric, const char *source,
                  const struct compiled *compiled, struct outcome *outcome) {
    struct lab_options options = {
        .source = source,
        .traces = (const char *const *)rubric->traces,
        .trace_count = rubric->trace_count,
        .trial = rubric->trial,
    };
    const char *why = "it could not be checked";
    outcome->source = source;
    options.trial.reporting = compiled->reporting[0] != 0;
    grade->counted = options.trial.reporting;
    if (!check_all(outcome, &options, compiled, &why)) {
        size_t folder = strlen(compiled->object); /* named by the loader, and another each time */
        grade->machine = !outcome->stage->refusal[0];
        refuse(grade, "%s", strncmp(why, compiled->object, folder) == 0 ? why + folder + 2 : why);
        return;
    }
    grade->judged = true;
    grade->whole = outcome->stage->is_whole;
    grade->counted = grade->counted && !grade->whole;
    say(grade, rubric, outcome);
    struct rubric fair = rubric_for(rubric, grade->whole);
    weigh(grade, &fair, outcome);
}

/* What a teacher may want to know, and what gives and takes no points. */
static void remark(const char *path, const struct compiled *compiled, struct grade *grade) {
    char target[PATH_MAX];
    struct stat status;
    size_t length = strlen(grade->message), room = sizeof grade->message;
    if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode) && realpath(path, target))
        snprintf(grade->message + length, room - length, "; the submission is a link to %s", target);
    includes_tell(path, compiled, grade->message, room);
    length = strlen(grade->message);
    if (compiled->why[0])
        snprintf(grade->message + length, room - length, "; %s", compiled->why);
}

void submission_grade(const char *path, const struct rubric *rubric, struct grade *grade) {
    char source[PATH_MAX];
    struct compiled compiled;
    if (!submission_find(path, rubric, grade, source))
        return;
    struct outcome *outcome = calloc(1, sizeof *outcome);
    struct stage *stage =
        mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!outcome || stage == MAP_FAILED) {
        refuse(grade, "out of memory");
        grade->machine = true;
        free(outcome);
        return;
    }
    outcome->stage = stage;
    if (compile_policy(&compiled, WHO, source, COMPILE_TO_GRADE)) {
        judge(grade, rubric, source, &compiled, outcome);
        remark(path, &compiled, grade);
    } else if (compiled.machine) {
        refuse(grade, "%s", compiled.why);
        grade->machine = true;
    } else {
        refuse(grade, "it does not compile%s%s", compiled.why[0] ? ": " : "", compiled.why);
    }
    compile_end(&compiled);
    outcome_free(outcome);
    munmap(stage, sizeof *stage);
}
