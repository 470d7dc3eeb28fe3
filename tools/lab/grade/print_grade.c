/*
 * print_grade.c - a grade for people and for machines: words, CSV, Gradescope's results.json, Autolab's line.
 *
 * Points have at most three digits behind the point, and are printed from whole thousandths.
 */
#include "grade.h"
#include "../../base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *thousandths(long number, char words[32]) {
    int length = snprintf(words, 32, "%ld.%03ld", number / 1000, number % 1000);
    while (words[length - 1] == '0')
        words[--length] = 0;
    if (words[length - 1] == '.')
        words[--length] = 0;
    return words;
}

static long all_points(const struct rubric *rubric) {
    long all = 0;
    for (size_t measure = 0; measure < MEASURES; measure++)
        all += rubric->criteria[measure].points;
    return all;
}

/* "" for what was not measured. */
static const char *value(const struct grade *grade, enum measure measure, char words[32]) {
    bool known = grade->judged && (measure == MEASURE_CORRECT || !grade->failed) &&
                 (measure != MEASURE_PROBES || grade->counted);
    return known ? thousandths(grade->values[measure], words) : "";
}

/* --- CSV ------------------------------------------------------------------------------------------------ */

/* A field that a spreadsheet would take for a formula gets an apostrophe. */
static void print_field(const char *text) {
    putchar('"');
    if (*text && strchr("=+-@", *text))
        putchar('\'');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar((unsigned char)*text < ' ' ? ' ' : *text);
    }
    putchar('"');
}

void report_csv_head(void) {
    puts("submission,file,points,of,level,correct,correct_points,overhead,overhead_points,probes,"
         "probes_points,rule,message");
}

void report_csv(const char *path, const struct rubric *rubric, const struct grade *grade) {
    char words[32];
    print_field(path);
    putchar(',');
    print_field(grade->file);
    printf(",%s", thousandths(grade->total, words));
    printf(",%s,", thousandths(all_points(rubric), words));
    print_field(rubric_level(rubric, grade->total));
    for (enum measure measure = 0; measure < MEASURES; measure++) {
        printf(",%s", value(grade, measure, words));
        printf(",%s", thousandths(grade->points[measure], words));
    }
    putchar(',');
    print_field(grade->rule);
    putchar(',');
    print_field(grade->message);
    puts("");
}

/* --- Others --------------------------------------------------------------------------------------------- */

/* A sentence for the student. */
static void print_reason(const struct rubric *rubric, const struct grade *grade, enum measure measure) {
    char words[32], full[32];
    const struct criterion *criterion = &rubric->criteria[measure];
    if (!grade->judged)
        fputs("not judged", stdout);
    else if (measure == MEASURE_CORRECT)
        printf("%zu of %zu traces pass", grade->passed, grade->traces);
    else if (grade->failed)
        fputs("counts only if every trace passes", stdout);
    else if (!*value(grade, measure, words))
        fputs("the probes of this file can't be counted", stdout);
    else
        printf(measure == MEASURE_PROBES
                   ? "%s probes a request; %s or fewer give all points"
                   : "the heap is %s times what is in use at the peak; %s or less gives all points",
               words, thousandths(criterion->full, full));
}

void report_gradescope(const struct rubric *rubric, const struct grade *grade) {
    char words[32];
    printf("{\"score\": %s,\n \"output\": ", thousandths(grade->total, words));
    json_print(stdout, grade->message);
    fputs(",\n \"tests\": [", stdout);
    bool any = false;
    for (enum measure measure = 0; measure < MEASURES; measure++) {
        if (!rubric->criteria[measure].points)
            continue;
        printf("%s\n  {\"name\": \"%s\", \"score\": %s", any ? "," : "", measure_name(measure),
               thousandths(grade->points[measure], words));
        printf(", \"max_score\": %s", thousandths(rubric->criteria[measure].points, words));
        printf(", \"status\": \"%s\", \"output\": \"", grade->judged && !grade->failed ? "passed" : "failed");
        print_reason(rubric, grade, measure);
        fputs("\"}", stdout);
        any = true;
    }
    puts("]}");
}

void report_autolab(const struct rubric *rubric, const struct grade *grade) {
    char words[32];
    fputs("{\"scores\": {", stdout);
    bool any = false;
    for (enum measure measure = 0; measure < MEASURES; measure++) {
        if (rubric->criteria[measure].points)
            printf("%s\"%s\": %s", any ? ", " : "", measure_name(measure),
                   thousandths(grade->points[measure], words));
        any |= rubric->criteria[measure].points != 0;
    }
    puts("}}");
}

void report_words(const char *path, const struct rubric *rubric, const struct grade *grade) {
    char words[32], all[32];
    const char *level = rubric_level(rubric, grade->total);
    printf("%s: %s of %s points%s%s\n  %s\n", path, thousandths(grade->total, words),
           thousandths(all_points(rubric), all), *level ? ", " : "", level, grade->message);
    for (enum measure measure = 0; measure < MEASURES; measure++) {
        if (!rubric->criteria[measure].points)
            continue;
        printf("  %-10s %8s", measure_name(measure), value(grade, measure, words));
        printf("   %8s", thousandths(grade->points[measure], words));
        printf(" of %s\n", thousandths(rubric->criteria[measure].points, words));
    }
}
