/*
 * import_lines.c - reads a text line by line. It cuts a line that is too long for its room, and skips the
 * rest: no format has such lines. None has a byte of 0: a file with one before its first operation is
 * refused, for it may be endless.
 */
#include "import.h"

#include <stdarg.h>
#include <string.h>

bool import_line(struct import *import) {
    while (fgets(import->line, sizeof import->line, import->file)) {
        size_t length = strlen(import->line);
        bool whole = length && import->line[length - 1] == '\n';
        import->offset = import->next_offset;
        import->next_offset += length;
        import->number++;
        bool has_zero =
            !whole && length + 1 < sizeof import->line && !feof(import->file) && !ferror(import->file);
        if (has_zero && !import->operations)
            return import_wrong(import, "has a byte of 0, so it is no text");
        while (length && (import->line[length - 1] == '\n' || import->line[length - 1] == '\r'))
            import->line[--length] = 0;
        for (int byte; !whole && (byte = getc(import->file)) != EOF;) {
            import->next_offset++;
            whole = byte == '\n';
        }
        if (import->line[strspn(import->line, " \t")])
            return true;
    }
    return false;
}

bool import_wrong(struct import *import, const char *format, ...) {
    if (import->problem.found)
        return false;
    va_list arguments;
    va_start(arguments, format);
    import->problem.found = true;
    import->problem.offset = import->offset;
    int length = snprintf(import->problem.what, sizeof import->problem.what,
                          "line %llu: ", (unsigned long long)import->number);
    vsnprintf(import->problem.what + length, sizeof import->problem.what - (size_t)length, format, arguments);
    va_end(arguments);
    return false;
}
