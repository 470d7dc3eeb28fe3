/* 13-editor.c - lines of text and a cursor. malloc stops it, far from the mistake: find the line that somebody
 * still writes to after it was freed, and mend it. When the line under the cursor is deleted, the cursor goes to the line
 * before it, or, when there is none, to the line after it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    char text[40];
    struct line *next, *before;
};

static struct line *first, *cursor;

/* Opens an empty line behind the cursor's, and moves there. */
void editor_open(void) {
    struct line *line = calloc(1, sizeof *line);
    line->before = cursor;
    line->next = cursor ? cursor->next : first;
    if (line->next)
        line->next->before = line;
    *(cursor ? &cursor->next : &first) = line;
    cursor = line;
}

void editor_type(const char *text) {
    if (!cursor)
        editor_open();
    strncat(cursor->text, text, sizeof cursor->text - 1 - strlen(cursor->text));
}

/* Moves up by a line, if there is one. */
void editor_up(void) {
    if (cursor && cursor->before)
        cursor = cursor->before;
}

void editor_delete(void) {
    struct line *line = cursor;
    if (!line)
        return;
    *(line->before ? &line->before->next : &first) = line->next;
    if (line->next)
        line->next->before = line->before;
    free(line);
}

void editor_print(FILE *to) {
    for (const struct line *line = first; line; line = line->next)
        fprintf(to, "%s\n", line->text);
}

int main(void) {
    editor_type("Halloc is a heap");
    editor_open();
    editor_type("that nobody can read");
    editor_delete();
    editor_type(" that you can read");
    for (int at = 0; at < 100; at++)
        editor_open();
    editor_print(stdout);
    return 0;
}
