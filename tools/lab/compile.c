/*
 * compile.c - a policy's source becomes a shared object in a folder that goes again, and is loaded.
 *
 * halloc.h is found beside this command (a build), or where `make install` puts it.
 */
#define _GNU_SOURCE 1
#include "check.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool find_header(char folder[PATH_MAX], const char *who) {
    static const char *const places[] = {".", HALLOC_BIN_TO_INCLUDE, ".."};
    char self[PATH_MAX], path[PATH_MAX + 256];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = 0;
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = 0;
    for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
        snprintf(path, sizeof path, "%s/%s/halloc.h", self, places[place]);
        if (access(path, R_OK) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", self, places[place]);
        if (realpath(path, folder))
            return true;
    }
    fprintf(stderr, "%s: halloc.h is missing: it was looked for in %s and in %s/%s\n", who, self, self,
            HALLOC_BIN_TO_INCLUDE);
    return false;
}

/* $CC may be several words. */
static void execute_compiler(const char *const *arguments) {
    static const char *const compilers[] = {"cc", "gcc", "clang"};
    const char *words[24] = {"sh", "-c", "exec $CC \"$@\"", "sh"};
    const char *own = getenv("CC");
    size_t count = 4;
    for (size_t index = 0; arguments[index]; index++)
        words[count++] = arguments[index];
    if (own && *own)
        execvp("sh", (char *const *)words);
    for (size_t index = 0; index < sizeof compilers / sizeof *compilers; index++) {
        words[3] = compilers[index];
        execvp(compilers[index], (char *const *)&words[3]);
    }
    _exit(127);
}

/* True: it said no error. */
static bool wait_for_compiler(pid_t child, const char *who, const char *source) {
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        fprintf(stderr,
                "%s: no C compiler was found: cc, gcc and clang were tried (or $CC). "
                "Debian, Ubuntu: apt-get install gcc libc6-dev\n",
                who);
    else
        fprintf(stderr, "%s: %s does not compile\n", who, source);
    return false;
}

static bool call_compiler(const char *who, const char *source, const char *object, enum compile_use use) {
    char include[PATH_MAX], folder[PATH_MAX + 2], slashed[PATH_MAX + 2];
    if (!find_header(include, who))
        return false;
    snprintf(folder, sizeof folder, "-I%s", include);
    snprintf(slashed, sizeof slashed, "%s%s", source[0] == '-' ? "./" : "", source);
    const char *const arguments[] = {
        "-std=gnu17", use == COMPILE_TO_CHECK ? "-Og" : "-O2",
        "-g",         "-Wall",
        "-Wextra",    "-fPIC",
        "-shared",    folder,
        "-o",         object,
        slashed,      NULL,
    };
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        execute_compiler(arguments);
    if (child < 0)
        fprintf(stderr, "%s: cannot make a process: %s\n", who, strerror(errno));
    return child > 0 && wait_for_compiler(child, who, source);
}

static bool is_complete(const halloc_policy *policy, const char *who, const char *source) {
    const char *lacks = !policy->name || !*policy->name ? "a name"
                        : !policy->find                 ? "find"
                        : !policy->insert               ? "insert"
                        : !policy->remove               ? "remove"
                                                        : NULL;
    if (lacks)
        fprintf(stderr, "%s: %s: halloc_user_policy lacks %s\n", who, source, lacks);
    return !lacks;
}

static bool load(struct compiled *compiled, const char *who, const char *source) {
    void *object = dlopen(compiled->object, RTLD_LAZY | RTLD_LOCAL);
    if (!object) {
        fprintf(stderr, "%s: %s: %s\n", who, source, dlerror());
        return false;
    }
    compiled->policy = dlsym(object, "halloc_user_policy");
    if (compiled->policy)
        return is_complete(compiled->policy, who, source);
    fprintf(stderr,
            "%s: %s does not define `const halloc_policy halloc_user_policy`; `halloc lab new NAME.c` writes "
            "a file that does\n",
            who, source);
    return false;
}

/* --- The folder --------------------------------------------------------------------------------------- */

/* Interrupted, we leave nothing behind either. */
static const struct compiled *to_clean;

static void clean(int signal) {
    if (to_clean)
        compile_end(to_clean);
    raise(signal);
}

static void clean_when_interrupted(const struct compiled *compiled) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = clean, .sa_flags = (int)SA_RESETHAND};
    to_clean = compiled;
    for (size_t index = 0; index < sizeof signals / sizeof *signals; index++)
        sigaction(signals[index], &action, NULL);
}

bool compile_policy(struct compiled *compiled, const char *who, const char *source, enum compile_use use) {
    const char *temporary = getenv("TMPDIR");
    if (!temporary || strlen(temporary) > 40)
        temporary = "/tmp";
    *compiled = (struct compiled){0};
    if (access(source, R_OK) != 0) {
        fprintf(stderr, "%s: cannot read %s: %s\n", who, source, strerror(errno));
        return false;
    }
    snprintf(compiled->folder, sizeof compiled->folder, "%s/halloc-lab.XXXXXX", temporary);
    if (!mkdtemp(compiled->folder)) {
        fprintf(stderr, "%s: cannot make a folder in %s: %s\n", who, temporary, strerror(errno));
        compiled->folder[0] = 0;
        return false;
    }
    clean_when_interrupted(compiled);
    snprintf(compiled->object, sizeof compiled->object, "%s/policy.so", compiled->folder);
    return call_compiler(who, source, compiled->object, use) && load(compiled, who, source);
}

void compile_end(const struct compiled *compiled) {
    if (compiled->folder[0]) {
        unlink(compiled->object);
        rmdir(compiled->folder);
    }
}
