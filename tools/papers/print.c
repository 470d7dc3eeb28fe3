/* print.c - an experiment for people and for programs; see papers.h. */
#include "papers.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Filling in -------------------------------------------------------------------------------------- */

struct row *result_row(struct result *result, const char *format, ...) {
    if (result->row_count == ROWS_MOST)
        abort();
    struct row *row = &result->rows[result->row_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(row->label, sizeof row->label, format, arguments);
    va_end(arguments);
    for (int column = 0; column < COLUMNS_MOST; column++)
        row->values[column] = NAN;
    return row;
}

void result_claim(struct result *result, const char *key, const char *published, enum verdict verdict,
                  const char *format, ...) {
    if (result->claim_count == CLAIMS_MOST)
        abort();
    struct claim *claim = &result->claims[result->claim_count++];
    claim->key = key;
    claim->published = published;
    claim->verdict = verdict;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(claim->ours, sizeof claim->ours, format, arguments);
    va_end(arguments);
}

static size_t column_count(const struct paper *paper) {
    size_t count = 0;
    while (count < COLUMNS_MOST && paper->columns[count].title)
        count++;
    return count;
}

/* --- For people -------------------------------------------------------------------------------------- */

#define WIDTH 100

/* A paragraph after a word; lines break at blanks. */
static void paragraph(const char *word, const char *text) {
    size_t indent = 11;
    printf("  %-8s ", word);
    while (*text) {
        size_t length = strlen(text);
        if (length > WIDTH - indent) {
            length = WIDTH - indent;
            while (length && text[length] != ' ')
                length--;
        }
        printf("%.*s\n", (int)length, text);
        text += length;
        text += strspn(text, " ");
        if (*text)
            printf("%*s", (int)indent, "");
    }
}

static void print_table(const struct paper *paper, const struct result *result) {
    size_t columns = column_count(paper), label = strlen(paper->rows);
    for (size_t index = 0; index < result->row_count; index++) {
        size_t length = strlen(result->rows[index].label);
        label = length > label ? length : label;
    }
    printf("\n  %-*s", (int)label, paper->rows);
    for (size_t column = 0; column < columns; column++)
        printf("  %*s", 6, paper->columns[column].title);
    putchar('\n');
    for (size_t index = 0; index < result->row_count; index++) {
        const struct row *row = &result->rows[index];
        printf("  %-*s", (int)label, row->label);
        for (size_t column = 0; column < columns; column++) {
            size_t title = strlen(paper->columns[column].title);
            int width = title < 6 ? 6 : (int)title;
            if (isnan(row->values[column]))
                printf("  %*s", width, "-");
            else
                printf("  %*.*f", width, paper->columns[column].decimals, row->values[column]);
        }
        putchar('\n');
    }
    putchar('\n');
}

static const char *verdict_word(enum verdict verdict) {
    static const char *const words[] = {"does not hold", "holds mostly", "holds", "nothing published"};
    return words[verdict];
}

void papers_print(const struct paper *paper, const struct result *result) {
    printf("%s\n", paper->title);
    paragraph("source", paper->source);
    paragraph("read", paper->read);
    print_table(paper, result);
    for (size_t index = 0; index < result->claim_count; index++) {
        const struct claim *claim = &result->claims[index];
        paragraph("paper", claim->published);
        paragraph("here", claim->ours);
        printf("%11s%s\n", "", verdict_word(claim->verdict));
    }
    putchar('\n');
    paragraph("differs", paper->differs);
}

/* --- For programs ------------------------------------------------------------------------------------ */

static void print_string(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

static void print_field(const char *lead, const char *key, const char *text) {
    printf("%s\"%s\": ", lead, key);
    print_string(text);
}

void papers_print_json(const struct paper *paper, const struct result *result, bool first) {
    static const char *const verdicts[] = {"no", "mostly", "yes", "none"};
    print_field(first ? "\n  {" : ",\n  {", "name", paper->name);
    print_field(",\n   ", "title", paper->title);
    print_field(",\n   ", "source", paper->source);
    print_field(",\n   ", "read", paper->read);
    print_field(",\n   ", "differs", paper->differs);
    fputs(",\n   \"rows\": [", stdout);
    for (size_t index = 0; index < result->row_count; index++) {
        const struct row *row = &result->rows[index];
        print_field(index ? ",\n     {" : "\n     {", "label", row->label);
        for (size_t column = 0; column < column_count(paper); column++) {
            printf(", \"%s\": ", paper->columns[column].key);
            if (isnan(row->values[column]))
                fputs("null", stdout);
            else
                printf("%.6f", row->values[column]);
        }
        putchar('}');
    }
    fputs("],\n   \"claims\": [", stdout);
    for (size_t index = 0; index < result->claim_count; index++) {
        const struct claim *claim = &result->claims[index];
        print_field(index ? ",\n     {" : "\n     {", "key", claim->key);
        print_field(", ", "published", claim->published);
        print_field(", ", "ours", claim->ours);
        print_field(", ", "holds", verdicts[claim->verdict]);
        putchar('}');
    }
    fputs("]}", stdout);
}
