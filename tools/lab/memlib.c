/*
 * memlib.c - what an mm.c expects around it: mem_sbrk and its kin, as in the malloc lab of CS:APP.
 *
 * Only the names and their meaning come from there. The files are written beside the object that is compiled.
 * A file mm.h or memlib.h in the learner's own folder is taken first.
 */
#define _GNU_SOURCE 1
#include "check.h"

#include <stdio.h>
#include <string.h>

#define SCANNED_MOST 65536

static const char memlib_h[] = "#include <stddef.h>\n"
                               "void mem_init(void);\n"
                               "void mem_deinit(void);\n"
                               "void *mem_sbrk(int more);\n"
                               "void mem_reset_brk(void);\n"
                               "void *mem_heap_lo(void);\n"
                               "void *mem_heap_hi(void);\n"
                               "size_t mem_heapsize(void);\n"
                               "size_t mem_pagesize(void);\n";

static const char mm_h[] = "#include <stddef.h>\n"
                           "int mm_init(void);\n"
                           "void *mm_malloc(size_t size);\n"
                           "void mm_free(void *ptr);\n"
                           "void *mm_realloc(void *ptr, size_t size);\n"
                           "typedef struct { char *teamname, *name1, *id1, *name2, *id2; } team_t;\n"
                           "extern team_t team;\n";

/* The system gives its pages when they are first written. */
static const char memlib_c[] = "#include \"memlib.h\"\n"
                               "#include <errno.h>\n"
                               "static char heap[(size_t)1 << 30] __attribute__((aligned(4096)));\n"
                               "static size_t used;\n"
                               "void mem_init(void) { used = 0; }\n"
                               "void mem_deinit(void) {}\n"
                               "void mem_reset_brk(void) { used = 0; }\n"
                               "void *mem_sbrk(int more) {\n"
                               "    size_t before = used;\n"
                               "    if (more < 0 || (size_t)more > sizeof heap - used) {\n"
                               "        errno = ENOMEM;\n"
                               "        return (void *)-1;\n"
                               "    }\n"
                               "    used += (size_t)more;\n"
                               "    return heap + before;\n"
                               "}\n"
                               "void *mem_heap_lo(void) { return heap; }\n"
                               "void *mem_heap_hi(void) { return heap + used - 1; }\n"
                               "size_t mem_heapsize(void) { return used; }\n"
                               "size_t mem_pagesize(void) { return 4096; }\n";

bool memlib_is_wanted(const char *source) {
    static char text[SCANNED_MOST + 1];
    FILE *file = fopen(source, "re");
    size_t length = file ? fread(text, 1, SCANNED_MOST, file) : 0;
    text[length] = 0;
    if (file)
        fclose(file);
    return strstr(text, "mem_sbrk") || strstr(text, "memlib.h") || strstr(text, "\"mm.h\"");
}

bool file_write(const char *path, const char *text) {
    FILE *out = fopen(path, "we");
    bool good = out && fputs(text, out) >= 0;
    return out && fclose(out) == 0 && good;
}

static bool write_in(const char *folder, const char *name, const char *text) {
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return file_write(path, text);
}

bool memlib_write(const char *folder, char path[PATH_MAX + 32]) {
    snprintf(path, PATH_MAX + 32, "%s/memlib.c", folder);
    return write_in(folder, "memlib.h", memlib_h) && write_in(folder, "mm.h", mm_h) &&
           write_in(folder, "memlib.c", memlib_c);
}
