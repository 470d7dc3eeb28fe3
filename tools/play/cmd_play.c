/*
 * cmd_play.c - `halloc play`: opens the playground, a heap that runs in a browser.
 *
 * The playground is one file, halloc.html. `make page` makes it (page/build.py), beside this command in a
 * build. `make install` puts it into share/halloc. chapters/N.html beside it leads to a chapter's question.
 */
#define _GNU_SOURCE 1
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHO "halloc play"
#define PAGE "halloc.html"
#define CHAPTER "chapters/%s.html"

static int print_help(void) {
    puts("usage: halloc play [--chapter N] [--print]\n"
         "Opens the playground in a browser: a heap to watch, with the engine and the\n"
         "policies of this command, and a policy of yours. It is one file, and needs no\n"
         "network.\n"
         "\n"
         "  --chapter N     begin with the question of chapter N of docs/, 0 to 9\n"
         "  --print         print the file's name, and open nothing\n"
         "\n"
         "The browser is $BROWSER, or the desktop's (xdg-open). `make page` makes the\n"
         "file.");
    return command_written(WHO, 0);
}

/* The page, and beside it the page of a chapter, if one is asked for. */
static bool find_page(char path[PATH_MAX], const char *chapter) {
    static const char *const places[] = {".", HALLOC_BIN_TO_SHARE};
    char self[PATH_MAX], there[PATH_MAX + 256];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = 0;
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = 0;
    for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
        snprintf(there, sizeof there, "%s/%s/" PAGE, self, places[place]);
        if (access(there, R_OK) != 0 || !realpath(there, path))
            continue;
        if (!chapter)
            return true;
        snprintf(there, sizeof there, "%s/%s/" CHAPTER, self, places[place], chapter);
        return realpath(there, path) ||
               fail(WHO, "the page has no question of chapter %s: it has those of 0 to 9", chapter);
    }
    return fail(WHO, PAGE " is missing: it was looked for in %s and in %s/%s; `make page` makes it", self,
                self, HALLOC_BIN_TO_SHARE);
}

static bool is_set(const char *name) {
    const char *value = getenv(name);
    return value && *value;
}

/* NULL: there is neither a browser nor a desktop, where xdg-open would try one browser after the other. */
static const char *find_browser(void) {
    if (is_set("BROWSER"))
        return getenv("BROWSER");
    return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") ? "xdg-open" : NULL;
}

/* The child of a child, so nobody waits for a browser that stays open. The pipe closes when it runs, or
 * brings the error. */
static int open_in(const char *browser, const char *path) {
    int report[2], error = 0;
    if (pipe2(report, O_CLOEXEC) != 0)
        return errno;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0) {
            setsid();
            execlp(browser, browser, path, (char *)NULL);
            error = errno;
            (void)!write(report[1], &error, sizeof error);
        }
        _exit(0);
    }
    close(report[1]);
    if (child < 0)
        error = errno;
    else if (read(report[0], &error, sizeof error) != sizeof error)
        error = 0;
    close(report[0]);
    waitpid(child, NULL, 0);
    return error;
}

int command_play(int argc, char **argv) {
    char path[PATH_MAX];
    const char *chapter = NULL;
    bool print = false;
    for (int at = 1; at < argc; at++) {
        if (argument_is_help(argv[at]))
            return print_help();
        if (strcmp(argv[at], "--chapter") == 0) {
            chapter = argv[++at];
            if (!chapter || !*chapter || strspn(chapter, "0123456789") != strlen(chapter))
                return fail_usage(WHO, "--chapter needs the number of a chapter, not ",
                                  chapter ? chapter : "nothing");
            continue;
        }
        if (strcmp(argv[at], "--print") != 0)
            return fail_usage(
                WHO, argument_is_option(argv[at]) ? "no such option: " : "no file is needed: ", argv[at]);
        print = true;
    }
    if (!find_page(path, chapter))
        return 1;
    puts(path);
    if (print)
        return command_written(WHO, 0);
    const char *browser = find_browser();
    if (!browser)
        return !fail(WHO, "there is no desktop here: open that file in a browser, or name one in $BROWSER");
    int error = open_in(browser, path);
    if (error) {
        fail(WHO, "cannot start %s: %s; open that file in a browser, or name one in $BROWSER", browser,
             strerror(error));
        return 1;
    }
    return command_written(WHO, 0);
}
