/*
 * new_policy.c - `halloc lab new`: writes a policy to start from. It compiles, and passes the check.
 */
#include "../base/words.h"
#include "lab.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_MOST 24

static const char text[] =
    "/* %s.c - a fit policy: which free block shall serve a request?\n"
    " *\n"
    " *     halloc lab check %s.c        is it sound? If not: the shortest trace that shows it\n"
    " *     halloc lab race %s.c         how good is it, beside all others?\n"
    " *\n"
    " * The heap splits blocks and merges neighbours by itself. This file keeps the free blocks on lists "
    "that\n"
    " * start at set->root[0] to set->root[263], linked by block->nextFree and block->prevFree, and "
    "chooses.\n"
    " * Each root begins a list. A place to remember, such as where the last search ended, is set->cursor.\n"
    " */\n"
    "#include \"halloc.h\"\n"
    "\n"
    "/* The block to take for `size` bytes, NULL if none is large enough. Only looks, changes nothing.\n"
    " * halloc_probe gives block->size and counts the look: what a search costs, on any machine.\n"
    " * Here: first fit. Try the smallest that fits, or the lowest address. */\n"
    "static MemoryBlock *find(const halloc_free_set *set, size_t size) {\n"
    "    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree)\n"
    "        if (halloc_probe(set, block) >= size)\n"
    "            return block;\n"
    "    return NULL;\n"
    "}\n"
    "\n"
    "/* A block became free: put it on a list. Here: at the head, so that the last freed is tried first.\n"
    " *     before   root[0] -> A -> B\n"
    " *     after    root[0] -> block -> A -> B */\n"
    "static void insert(halloc_free_set *set, MemoryBlock *block) {\n"
    "    halloc_list_push(set, 0, block);\n"
    "}\n"
    "\n"
    "/* The block is taken, or a neighbour absorbs it: off its list. The same list that insert chose. */\n"
    "static void take_out(halloc_free_set *set, MemoryBlock *block) {\n"
    "    halloc_list_unlink(set, 0, block);\n"
    "}\n"
    "\n"
    "const halloc_policy halloc_user_policy = {\n"
    "    .name = \"%s\",\n"
    "    .summary = \"first fit, to start from\",\n"
    "    .learning = true, /* it may look at every free block */\n"
    "    .find = find,\n"
    "    .insert = insert,\n"
    "    .remove = take_out,\n"
    "};\n";

/* Makes a policy's name from the file's name. Without a letter of English it is "mine". One that halloc has
 * already gets a suffix. */
static void name_of(const char *path, char name[NAME_MOST + 4]) {
    const char *slash = strrchr(path, '/'), *from = slash ? slash + 1 : path;
    size_t length = 0, letters = 0;
    for (; from[length] && from[length] != '.' && length < NAME_MOST; length++) {
        bool is_letter = isalnum((unsigned char)from[length]) || from[length] == '_';
        name[length] = is_letter ? from[length] : '-';
        letters += is_letter;
    }
    name[length] = 0;
    if (!letters)
        strcpy(name, "mine");
    if (halloc_policy_find(name))
        strcat(name, "2");
}

bool policy_write_new(const char *who, const char *path) {
    char name[NAME_MOST + 4], file[NAME_MOST + 4];
    signal(SIGXFSZ, SIG_IGN); /* under `ulimit -f` a write shall fail, and not end this process */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out) {
        fprintf(stderr, "%s: %s: %s\n", who, path,
                errno == EEXIST ? "is there already, and stays as it is" : strerror(errno));
        return false;
    }
    name_of(path, name);
    const char *slash = strrchr(path, '/'), *from = slash ? slash + 1 : path;
    snprintf(file, sizeof file, "%.*s", (int)strlen(from) - 2, from);
    bool good = fprintf(out, text, file, file, file, name) > 0;
    good = fclose(out) == 0 && good;
    if (!good) {
        fprintf(stderr, "%s: cannot write %s: %s\n", who, path, strerror(errno));
        unlink(path); /* a part of it would be in the way of the next try */
    }
    return good;
}

int lab_new(const struct lab_options *options) {
    const char *path = options->source;
    size_t length = strlen(path);
    if (length < 3 || strcmp(path + length - 2, ".c") != 0)
        return lab_usage("a name that ends in .c, please: ", path);
    if (!policy_write_new("halloc lab new", path))
        return 2;
    printf("%s: a policy to start from, and sound as it is.\n  halloc lab check ", path);
    word_print_quoted(stdout, path);
    fputs("\n  halloc lab race ", stdout);
    word_print_quoted(stdout, path);
    puts("");
    return 0;
}
