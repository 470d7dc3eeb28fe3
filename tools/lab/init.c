/*
 * init.c - `halloc lab init DIR`: a learner's folder, in one command.
 *
 *      DIR/mine.c        a policy to start from
 *      DIR/Makefile      make check, make race, make python
 *      DIR/traces ...    links into the course, by the names that the chapters use
 *      DIR/.gitignore    without the links, and without what the lab writes
 *
 * The course is where this command was built, or a handout. Without one the folder has no links. The lab
 * works there all the same; only the chapters' examples are missing.
 */
#define _GNU_SOURCE 1
#include "lab.h"
#include "../base/words.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHO "halloc lab init"

static const char *const parts[] = {"traces", "examples", "docs/exercises", "docs/answers",
                                    "src",    "tools",    "halloc.c",       "halloc.h"};

static const char *const written[] = {"mine.c", "Makefile", ".gitignore"};

static const char makefile[] =
    "# make check: is mine.c sound?   make race: how good is it?   make python: Python runs on it\n"
    "HALLOC ?= %s\n"
    "FILE ?= mine.c\n"
    "\n"
    ".PHONY: check race python\n"
    "check:\n"
    "\t@\"$(HALLOC)\" lab check \"$(FILE)\"\n"
    "race: check\n"
    "\t@\"$(HALLOC)\" lab race \"$(FILE)\"\n"
    "python: check\n"
    "\tbin=\"$$(dirname \"$(HALLOC)\")\"; gcc -O2 -g -shared -fPIC -I\"$$bin\" "
    "-I\"$$bin/" HALLOC_BIN_TO_INCLUDE "\" \"$(FILE)\" -o \"$(FILE:.c=.so)\"\n"
    "\tPYTHONMALLOC=malloc \"$(HALLOC)\" run --stats --heap classic --policy \"./$(FILE:.c=.so)\" -- \\\n"
    "\t  python3 -c 'd = {str(i): [i] * (i %% 9) for i in range(40000)}; print(len(d), \"lists in a "
    "dictionary\")'\n";

static const char ignored[] =
    "*.htrace\n*.so\n*.svg\n/traces\n/examples\n/exercises\n/answers\n/src\n/tools\n/halloc.c\n/halloc.h\n";

static bool write_file(const char *folder, const char *name, const char *format, const char *word) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "wxe");
    bool good = out && fprintf(out, format, word) > 0;
    good = out && fclose(out) == 0 && good;
    if (!good)
        fprintf(stderr, WHO ": %s: %s\n", path, strerror(errno));
    return good;
}

/* The folder with the chapters, above the folder of this command. */
static bool find_course(char course[PATH_MAX], const char *self) {
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/../docs/exercises", self);
    if (access(path, R_OK) != 0)
        return false;
    snprintf(path, sizeof path, "%s/..", self);
    return realpath(path, course) != NULL;
}

static const char *name_of_part(size_t index) {
    const char *slash = strrchr(parts[index], '/');
    return slash ? slash + 1 : parts[index];
}

static bool link_parts(const char *folder, const char *course) {
    char from[PATH_MAX + 64], to[PATH_MAX + 64];
    for (size_t index = 0; index < sizeof parts / sizeof *parts; index++) {
        snprintf(from, sizeof from, "%s/%s", course, parts[index]);
        snprintf(to, sizeof to, "%s/%s", folder, name_of_part(index));
        if (access(from, R_OK) != 0 || symlink(from, to) == 0)
            continue; /* a handout has no answers */
        fprintf(stderr, WHO ": %s: %s\n", to, strerror(errno));
        return false;
    }
    return true;
}

/* After an error: what is there would be in the way of the next try. */
static void remove_all(const char *folder) {
    char path[PATH_MAX + 64];
    for (size_t index = 0; index < sizeof written / sizeof *written; index++) {
        snprintf(path, sizeof path, "%s/%s", folder, written[index]);
        unlink(path);
    }
    for (size_t index = 0; index < sizeof parts / sizeof *parts; index++) {
        snprintf(path, sizeof path, "%s/%s", folder, name_of_part(index));
        unlink(path);
    }
    rmdir(folder);
}

/* Where the library or the policy lies in such a folder. */
static void say_spaces(const char *folder, const char *self) {
    char path[PATH_MAX];
    const char *spaced = strpbrk(self, " :")                                     ? self
                         : realpath(folder, path) && strpbrk(path, " :") != NULL ? path
                                                                                 : NULL;
    if (spaced)
        printf("There is a space or a colon in %s:\nLD_PRELOAD can't hold it, so `make python` can't work. "
               "Checks and races do.\n",
               spaced);
}

static int say(const char *folder, const char *self, bool linked) {
    printf("%s: a folder to work in. mine.c is a policy to start from.\n  cd ", folder);
    word_print_quoted(stdout, folder);
    puts("\n  make check     is it sound? If not, the shortest trace that shows it\n"
         "  make race      how good is it, beside all others?\n"
         "  make python    Python runs on it");
    if (!linked)
        puts("There is no course beside this command, so the folder has no traces and no exercises.");
    say_spaces(folder, self);
    return 0;
}

int lab_init(const struct lab_options *options) {
    const char *folder = options->source;
    char self[PATH_MAX], command[PATH_MAX + 16], mine[PATH_MAX], course[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = 0;
    snprintf(command, sizeof command, "%s", self);
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = 0;
    if (options->trace_count)
        return lab_usage("init makes one folder; this is one more: ", options->traces[0]);
    if (mkdir(folder, 0777) != 0) {
        fprintf(stderr, WHO ": %s: %s\n", folder,
                errno == EEXIST ? "is there already, and stays as it is" : strerror(errno));
        return 2;
    }
    snprintf(mine, sizeof mine, "%s/mine.c", folder);
    bool linked = find_course(course, self);
    bool good = policy_write_new(WHO, mine) && write_file(folder, "Makefile", makefile, command) &&
                write_file(folder, ".gitignore", "%s", ignored) && (!linked || link_parts(folder, course));
    if (good)
        return say(folder, self, linked);
    remove_all(folder);
    return 2;
}
