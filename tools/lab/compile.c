/*
 * compile.c - compiles a policy's source to a shared object, in a folder that is removed later. Nothing of
 * it runs here.
 *
 * halloc.h is found beside this command (in a build), or where `make install` puts it.
 */
#define _GNU_SOURCE 1
#include "check.h"
#include "../base/leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A time limit: a source may include /dev/zero, or a pipe without a writer. */
#define COMPILER_SECONDS 120
/* Some ten errors: of a file that is no text there may be a million. */
#define SAID_LINES 40
#define SAID_COLUMNS 300
#define COMPILER_DATA_MOST ((rlim_t)4 << 30)

/* Says why, and keeps it. */
__attribute__((format(printf, 3, 4))) static bool refuse(struct compiled *compiled, const char *who,
                                                         const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(compiled->why, sizeof compiled->why, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s: %s\n", who, compiled->why);
    return false;
}

static bool find_header(struct compiled *compiled, const char *who) {
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
        if (realpath(path, compiled->include))
            return true;
    }
    return refuse(compiled, who, "halloc.h is missing: it was looked for in %s and in %s/%s", self, self,
                  HALLOC_BIN_TO_INCLUDE);
}

/* The compiler has a process group of its own, because it has children, and no input. $CC may have several
 * words. What it says goes to `said`, if that is no NULL, in the same words on each machine. */
static void execute_compiler(const char *const *arguments, const char *folder, const char *said) {
    static const char *const compilers[] = {"cc", "gcc", "clang"};
    const char *words[32] = {"sh", "-c", "exec $CC \"$@\"", "sh"};
    const char *own = getenv("CC");
    size_t count = 4;
    struct rlimit data = {COMPILER_DATA_MOST, COMPILER_DATA_MOST};
    setrlimit(RLIMIT_DATA, &data);
    setpgid(0, 0);
    setenv("TMPDIR", folder, 1); /* its temporary files are removed with ours */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    if (said) {
        dup2(open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), STDERR_FILENO);
        setenv("LC_ALL", "C", 1);
    }
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

/* Its exit status. A compiler that takes too long is killed. */
static int wait_for(pid_t child, bool *late) {
    int status = 0;
    time_t until = time(NULL) + COMPILER_SECONDS;
    pid_t ended;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (!*late && time(NULL) > until) {
            *late = true;
            kill(-child, SIGKILL);
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return ended < 0 ? -1 : status;
}

/* Passes on what the compiler said first, and keeps its first error; or else that a return is missing. */
static void read_said(struct compiled *compiled) {
    FILE *file = fopen(compiled->said, "re");
    char *why = compiled->why;
    char *line = NULL;
    size_t room = 0;
    size_t lines = 0;
    bool known = false;
    while (file && getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = 0;
        bool is_error = strstr(line, "error: ") != NULL;
        if (lines++ < SAID_LINES)
            fprintf(stderr, "%.*s\n", (int)strnlen(line, SAID_COLUMNS), line);
        if (!known && (is_error || (!*why && strstr(line, "[-Wreturn-type]"))))
            snprintf(why, sizeof compiled->why, "%s", line);
        known |= is_error;
    }
    if (lines > SAID_LINES)
        fprintf(stderr, "... %zu lines more\n", lines - SAID_LINES);
    free(line);
    if (file)
        fclose(file);
}

/* True: it ended well. Until here all faults are the machine's. */
static bool judge_compiler(struct compiled *compiled, int status, bool late, const char *who,
                           const char *source) {
    bool missing = !late && WIFEXITED(status) && WEXITSTATUS(status) == 127;
    compiled->machine = missing;
    if (status == 0)
        return true;
    if (late)
        return refuse(compiled, who, "%s: the compiler did not end within %d s", source, COMPILER_SECONDS);
    if (missing)
        return refuse(compiled, who,
                      "no C compiler was found: cc, gcc and clang were tried (or $CC). "
                      "Debian, Ubuntu: apt-get install gcc libc6-dev");
    fprintf(stderr, "%s: %s does not compile\n", who, source);
    return false;
}

static bool call_compiler(struct compiled *compiled, const char *who, const char *source,
                          const char *const *arguments) {
    const char *said = compiled->said[0] ? compiled->said : NULL;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        execute_compiler(arguments, compiled->folder, said);
    if (child < 0)
        return refuse(compiled, who, "cannot make a process: %s", strerror(errno));
    setpgid(child, child);
    bool late = false;
    int status = wait_for(child, &late);
    if (said)
        read_said(compiled);
    return judge_compiler(compiled, status, late, who, source);
}

/* Errors of C, which gcc before 14 takes for warnings. All others stay warnings: what a student's compiler
 * takes is judged by what it does. The signatures are ours, so what they leave unused is no news. */
#define WARNINGS                                                                                             \
    "-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-missing-field-initializers",                          \
        "-Werror=implicit-function-declaration", "-Werror=implicit-int", "-Werror=int-conversion",           \
        "-Werror=incompatible-pointer-types"

/* `memlib` is compiled with it, if that is no NULL. */
static bool compile_files(struct compiled *compiled, const char *who, const char *folder, const char *source,
                          const char *memlib, enum compile_use use) {
    const char *const arguments[] = {
        "-std=gnu17",
        use == COMPILE_TO_CHECK ? "-Og" : "-O2",
        "-g",
        WARNINGS,
        "-fPIC",
        "-shared",
        "-Wl,-Bsymbolic", /* its calls of malloc are of its own malloc, where it has one */
        "-fno-builtin-malloc",
        folder,
        "-I",
        compiled->folder,
        "-o",
        compiled->object,
        "-MD",
        "-MT",
        "x", /* the last file's includes are kept */
        "-MF",
        compiled->includes,
        memlib ? memlib : source,
        memlib ? source : NULL,
        NULL,
    };
    if (use == COMPILE_TO_GRADE)
        snprintf(compiled->said, sizeof compiled->said, "%s/said", compiled->folder);
    bool good = call_compiler(compiled, who, source, arguments);
    compiled->said[0] = 0;
    return good;
}

/* Takes more room than a submission, so what is nearly full is found. */
static const char sound_text[] =
    "#include \"halloc.h\"\n"
    "static MemoryBlock *find(const halloc_free_set *set, size_t size) { return (void)set, (void)size, NULL; "
    "}\n"
    "static void change(halloc_free_set *set, MemoryBlock *block) { (void)set, (void)block; }\n"
    "const char room[1 << 20] = {1};\n"
    "const halloc_policy halloc_user_policy = {\n"
    "    .name = \"sound\", .find = find, .insert = change, .remove = change};\n";

/* What the compiler said first, of the last file: it names the cause. */
static void read_cause(const struct compiled *compiled, char cause[SAID_COLUMNS]) {
    char said[PATH_MAX + 32];
    snprintf(said, sizeof said, "%s/said", compiled->folder);
    FILE *file = fopen(said, "re");
    if (!file || !fgets(cause, SAID_COLUMNS, file))
        strcpy(cause, "it says nothing");
    cause[strcspn(cause, "\n")] = 0;
    if (file)
        fclose(file);
}

/* The compiler refused the source. If it refuses a sound file, too, then that is the machine's fault. */
static void suspect_machine(struct compiled *compiled, const char *who, const char *folder) {
    struct compiled sound = *compiled;
    char source[PATH_MAX + 32], cause[SAID_COLUMNS];
    snprintf(source, sizeof source, "%s/sound.c", compiled->folder);
    snprintf(sound.object, sizeof sound.object, "%s/sound.so", compiled->folder);
    snprintf(sound.includes, sizeof sound.includes, "%s/sound.d", compiled->folder);
    bool written = file_write(source, sound_text);
    int error = errno;
    if (written && compile_files(&sound, who, folder, source, NULL, COMPILE_TO_GRADE))
        return;
    compiled->machine = true;
    if (written) {
        read_cause(compiled, cause);
        refuse(compiled, who, "this machine can't compile a sound file either: %s", cause);
    } else
        refuse(compiled, who, "cannot write in %.300s: %s", compiled->folder, strerror(error));
}

static bool compile(struct compiled *compiled, const char *who, const char *source, enum compile_use use) {
    char folder[PATH_MAX + 2], slashed[PATH_MAX + 2], memlib[PATH_MAX + 32];
    if (!find_header(compiled, who))
        return false;
    snprintf(folder, sizeof folder, "-I%s", compiled->include);
    snprintf(slashed, sizeof slashed, "%s%s", source[0] == '-' ? "./" : "", source);
    bool is_mm = memlib_is_wanted(source);
    if (is_mm && !memlib_write(compiled->folder, memlib))
        return refuse(compiled, who, "cannot write in %s: %s", compiled->folder, strerror(errno));
    bool good = compile_files(compiled, who, folder, slashed, is_mm ? memlib : NULL, use);
    enum looks looks = !good || use == COMPILE_TO_CHECK || is_mm
                           ? LOOKS_COUNTED
                           : looks_compile(compiled, who, folder, slashed, call_compiler);
    if ((!good || looks == LOOKS_UNKNOWN) && !compiled->machine)
        suspect_machine(compiled, who, folder);
    return good && !compiled->machine && (looks != LOOKS_HIDDEN || use == COMPILE_TO_GRADE);
}

/* --- The folder --------------------------------------------------------------------------------------- */

/* Absolute, because the process that removes it works in another folder. */
static void find_temporary(char *path, size_t bytes) {
    char absolute[PATH_MAX];
    const char *wanted = getenv("TMPDIR");
    bool usable = wanted && *wanted && realpath(wanted, absolute) && strlen(absolute) < bytes;
    strcpy(path, usable ? absolute : "/tmp");
}

bool compile_policy(struct compiled *compiled, const char *who, const char *source, enum compile_use use) {
    char temporary[PATH_MAX - 64];
    find_temporary(temporary, sizeof temporary);
    *compiled = (struct compiled){0};
    struct stat status;
    bool is_folder = stat(source, &status) == 0 && S_ISDIR(status.st_mode);
    if (is_folder || access(source, R_OK) != 0)
        return refuse(compiled, who, "cannot read %s: %s", source, strerror(is_folder ? EISDIR : errno));
    size_t length = strlen(source);
    if (length < 2 || strcmp(source + length - 2, ".c") != 0)
        return refuse(compiled, who, "%s is no C file: its name must end in .c", source);
    snprintf(compiled->folder, sizeof compiled->folder, "%s/halloc-lab.XXXXXX", temporary);
    if (!mkdtemp(compiled->folder)) {
        compiled->machine = true;
        refuse(compiled, who, "cannot make a folder in %s: %s", temporary, strerror(errno));
        compiled->folder[0] = 0;
        return false;
    }
    leftover_watch(compiled->folder);
    compiled->machine = true; /* until the compiler says otherwise */
    snprintf(compiled->object, sizeof compiled->object, "%s/policy.so", compiled->folder);
    snprintf(compiled->includes, sizeof compiled->includes, "%s/includes", compiled->folder);
    return compile(compiled, who, source, use);
}

void compile_end(const struct compiled *compiled) {
    if (compiled->folder[0])
        leftover_remove(compiled->folder);
}
