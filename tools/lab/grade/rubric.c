/*
 * rubric.c - reads a rubric: what gives how many points.
 *
 *      correct   40                          points for the share of traces that pass
 *      overhead  30  full 1.30  none 2.50    heap / live at the peak, the mean of all traces
 *      probes    30  full 2     none 60      looks of a search, the mean of all traces
 *      level     A 85                        a word for so many points
 *      file      mine.c                      the file in each folder
 *      trace     lua.htrace                  instead of the built-in ones; beside the rubric
 *      strict                                find may not miss a block;    apart: may keep neighbours apart
 *      limit     2                           seconds that an operation may take
 *      total     300                         seconds that all may take, of processor time, as above
 *
 * Points for overhead and probes are given only if every trace passes.
 */
#define _GNU_SOURCE 1
#include "grade.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHO "halloc lab grade"
#define NUMBER_MOST 1e6
#define BLANKS " \t\r\n"
#define DATA_MOST ((size_t)2 << 30) /* a whole allocator has 1 GiB of them for mem_sbrk */
#define LIMIT_MOST 3600000
#define LIMIT_USUAL 2
#define TOTAL_USUAL 300 /* nothing sound comes near it */

/* A line's first word. */
enum word { CORRECT, OVERHEAD, PROBES, LEVEL, TRACE, THE_FILE, STRICT, APART, LIMIT, TOTAL, WORDS };

struct reader {
    const char *path;
    unsigned line;
    const char *wrong;
    bool seen[WORDS + 1]; /* which lines there were; the last is for what is none */
};

const char *measure_name(enum measure measure) {
    static const char *const names[] = {"correct", "overhead", "probes"};
    return names[measure];
}

/* Without a file. docs/teaching/rubric says the same, and has levels. */
static const char usual_text[] =
    "# What gives how many points. `halloc lab grade DIR ... --rubric rubric --csv`\n"
    "correct   40                          # for the share of traces that pass\n"
    "overhead  30   full 1.5   none 3      # heap / live at the peak, the mean of all traces\n"
    "probes    30   full 2     none 60     # blocks that a search looks at, the mean of all traces\n"
    "limit     2                           # seconds of processor time that one operation may take\n"
    "total     300                         # and all operations together, with the compiler\n"
    "# level   good 80                     # a word for so many points; as many lines as you like\n"
    "# file    mine.c                      # the file in each folder; the default is its only .c file\n";

static struct rubric empty(void) {
    return (struct rubric){
        .trial = {.limit_seconds = LIMIT_USUAL,
                  .fine = NO_CALL,
                  .data_most = DATA_MOST,
                  .seconds_most = TOTAL_USUAL},
    };
}

/* The next word as a number, in thousandths. */
static long read_number(struct reader *reader) {
    const char *word = strtok(NULL, BLANKS);
    char *end = NULL;
    double number = word ? strtod(word, &end) : -1;
    if (!word || end == word || *end || !(number >= 0 && number <= NUMBER_MOST)) {
        reader->wrong = "a number is missing, from 0 to 1000000";
        return 0;
    }
    return lround(number * 1000);
}

static void read_criterion(struct reader *reader, struct criterion *criterion, bool limits) {
    const char *word;
    criterion->points = read_number(reader);
    while (!reader->wrong && (word = strtok(NULL, BLANKS))) {
        if (limits && strcmp(word, "full") == 0)
            criterion->full = read_number(reader);
        else if (limits && strcmp(word, "none") == 0)
            criterion->none = read_number(reader);
        else
            reader->wrong = limits ? "only `full NUMBER` and `none NUMBER` may follow" : "nothing may follow";
    }
    if (!reader->wrong && limits && criterion->full >= criterion->none)
        reader->wrong = "`full` must be less than `none`";
}

static void read_level(struct reader *reader, struct rubric *rubric) {
    const char *name = strtok(NULL, BLANKS);
    struct level level = {.points = 0};
    if (!name || strlen(name) >= sizeof level.name || rubric->level_count == RUBRIC_LEVELS) {
        reader->wrong = "a level is NAME POINTS, and there are at most 16";
        return;
    }
    strcpy(level.name, name);
    level.points = read_number(reader);
    size_t at = rubric->level_count++;
    for (; at && rubric->levels[at - 1].points < level.points; at--)
        rubric->levels[at] = rubric->levels[at - 1];
    rubric->levels[at] = level;
}

static void read_trace(struct reader *reader, struct rubric *rubric) {
    const char *name = strtok(NULL, BLANKS), *slash = strrchr(reader->path, '/');
    int folder = slash ? (int)(slash - reader->path) + 1 : 0;
    char *path = NULL;
    if (!name || rubric->trace_count == RUBRIC_TRACES) {
        reader->wrong = "a file is missing, or there are more than 64 traces";
        return;
    }
    if (asprintf(&path, "%.*s%s", name[0] == '/' ? 0 : folder, reader->path, name) < 0)
        path = NULL;
    struct calls calls = {0};
    if (!path || !calls_read(&calls, WHO, path)) /* which says why */
        reader->wrong = "this trace can't be read";
    calls_free(&calls);
    rubric->traces[rubric->trace_count++] = path;
}

static void read_file(struct reader *reader, struct rubric *rubric) {
    const char *name = strtok(NULL, BLANKS);
    if (!name || strlen(name) >= sizeof rubric->file || strchr(name, '/'))
        reader->wrong = "a file's name is missing, without a folder";
    else
        strcpy(rubric->file, name);
}

static void read_seconds(struct reader *reader, double *seconds) {
    long limit = read_number(reader);
    if (!(limit > 0 && limit <= LIMIT_MOST))
        reader->wrong = "a limit is more than 0 and at most 3600 seconds";
    *seconds = (double)limit / 1000;
}

static enum word find_word(const char *text) {
    static const char *const words[WORDS] = {"correct", "overhead", "probes", "level", "trace",
                                             "file",    "strict",   "apart",  "limit", "total"};
    enum word word = 0;
    while (word < WORDS && strcmp(text, words[word]) != 0)
        word++;
    return word;
}

static void read_line(struct reader *reader, struct rubric *rubric, char *text) {
    text[strcspn(text, "#")] = 0;
    const char *first = strtok(text, BLANKS);
    if (!first)
        return;
    enum word word = find_word(first);
    if (reader->seen[word] && word != LEVEL && word != TRACE)
        reader->wrong = "this line stands twice";
    reader->seen[word] = true;
    if (reader->wrong)
        return;
    if (word == CORRECT)
        read_criterion(reader, &rubric->criteria[MEASURE_CORRECT], false);
    else if (word == OVERHEAD)
        read_criterion(reader, &rubric->criteria[MEASURE_OVERHEAD], true);
    else if (word == PROBES)
        read_criterion(reader, &rubric->criteria[MEASURE_PROBES], true);
    else if (word == LEVEL)
        read_level(reader, rubric);
    else if (word == TRACE)
        read_trace(reader, rubric);
    else if (word == THE_FILE)
        read_file(reader, rubric);
    else if (word == STRICT)
        rubric->trial.strict = true;
    else if (word == APART)
        rubric->trial.apart = true;
    else if (word == LIMIT)
        read_seconds(reader, &rubric->trial.limit_seconds);
    else if (word == TOTAL)
        read_seconds(reader, &rubric->trial.seconds_most);
    else
        reader->wrong =
            "a line begins with correct, overhead, probes, level, trace, file, strict, apart, limit or total";
}

static bool gives_points(const struct rubric *rubric) {
    long points = 0;
    for (enum measure measure = 0; measure < MEASURES; measure++)
        points += rubric->criteria[measure].points;
    return points > 0;
}

bool rubric_read(struct rubric *rubric, const char *path) {
    struct reader reader = {.path = path};
    char *text = NULL;
    size_t room = 0;
    *rubric = empty(); /* only what it names gives points */
    FILE *file = path ? fopen(path, "re") : fmemopen((char *)usual_text, sizeof usual_text - 1, "r");
    while (file && !reader.wrong && getline(&text, &room, file) > 0) {
        reader.line++;
        read_line(&reader, rubric, text);
    }
    bool unread = !file || ferror(file), useless = !reader.wrong && !gives_points(rubric);
    if (unread)
        fprintf(stderr, WHO ": cannot read %s: %s\n", path ? path : "the rubric", strerror(errno));
    else if (reader.wrong)
        fprintf(stderr, WHO ": %s, line %u: %s\n", path, reader.line, reader.wrong);
    else if (useless)
        fprintf(stderr, WHO ": %s gives no points: it needs a line such as `correct 40`\n", path);
    free(text);
    if (file)
        fclose(file);
    return !unread && !reader.wrong && !useless;
}

int lab_rubric(const struct lab_options *options) {
    (void)options;
    fputs(usual_text, stdout);
    return 0;
}

struct rubric rubric_for(const struct rubric *rubric, bool whole) {
    struct rubric fair = *rubric;
    struct criterion *criteria = fair.criteria;
    long probes = criteria[MEASURE_PROBES].points;
    long others = criteria[MEASURE_CORRECT].points + criteria[MEASURE_OVERHEAD].points;
    if (!whole || !others)
        return fair;
    long correct = criteria[MEASURE_CORRECT].points * (others + probes) / others;
    criteria[MEASURE_OVERHEAD].points = others + probes - correct;
    criteria[MEASURE_CORRECT].points = correct;
    criteria[MEASURE_PROBES].points = 0;
    return fair;
}

void rubric_free(struct rubric *rubric) {
    for (size_t trace = 0; trace < rubric->trace_count; trace++)
        free(rubric->traces[trace]);
}

long criterion_points(const struct criterion *criterion, long value) {
    if (value <= criterion->full)
        return criterion->points;
    if (value >= criterion->none)
        return 0;
    return criterion->points * (criterion->none - value) / (criterion->none - criterion->full);
}

const char *rubric_level(const struct rubric *rubric, long points) {
    for (size_t level = 0; level < rubric->level_count; level++)
        if (points >= rubric->levels[level].points)
            return rubric->levels[level].name;
    return "";
}
