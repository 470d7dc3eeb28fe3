/* target.c - see target.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "target.h"

#include "../../src/region/region.h"
#include "../base/plain.h"
#include "../base/table.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTS_MOST 32 /* segments of a file; libraries have about ten */

static char message[400];

static const char *because(const char *what) {
    if (errno == ENOENT || errno == ESRCH)
        return "no such process (any more)";
    if (errno == 0 || errno == EFAULT) /* what was there a moment ago is not */
        return "it has just started another program: try again";
    if (errno == EPERM || errno == EACCES)
        snprintf(
            message, sizeof message,
            "%s: not permitted. It must be yours. Where /proc/sys/kernel/yama/ptrace_scope is not 0, only "
            "root may look",
            what);
    else
        snprintf(message, sizeof message, "%s: %s", what, strerror(errno));
    return message;
}

/* The kernel then shows no memory of the process, though its other threads go on. In /proc a folder of
 * threads has a link for each, and two more. */
static bool lacks_main_thread(pid_t pid) {
    char path[64];
    struct stat threads;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    return stat(path, &threads) == 0 && threads.st_nlink > 3 && far_state(pid) == 'Z';
}

static void read_program(struct target *target) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/comm", (int)target->far.pid);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(target->program, 1, sizeof target->program - 1, file) : 0;
    target->program[length - !!length] = 0; /* the kernel's end of the line */
    plain(target->program);                 /* a program may give itself a name of any bytes */
    if (file)
        fclose(file);
}

/* --- The file that has Halloc in it -------------------------------------------------------------------- */

static bool is_library(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && strncmp(slash + 1, "libhalloc.so", 12) == 0;
}

/* Whatever its file is called: the name that it was linked with says it. The memory has it even if the file
 * is gone. glibc adds there where the library lies to the address of the names. */
static bool has_our_name(const struct far *far, uint64_t start) {
    Elf64_Ehdr head;
    Elf64_Phdr parts[PARTS_MOST];
    Elf64_Dyn entry = {.d_tag = DT_NEEDED};
    uint64_t from = 0, strings = 0, name = 0;
    char words[13] = "";
    if (!far_read(far, start, &head, sizeof head) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_type != ET_DYN || head.e_phnum > PARTS_MOST ||
        !far_read(far, start + head.e_phoff, parts, head.e_phnum * sizeof *parts))
        return false;
    for (unsigned at = 0; at < head.e_phnum; at++)
        from = parts[at].p_type == PT_DYNAMIC ? start + parts[at].p_vaddr : from;
    for (; from && entry.d_tag != DT_NULL; from += sizeof entry) {
        if (!far_read(far, from, &entry, sizeof entry))
            return false;
        strings = entry.d_tag == DT_STRTAB ? entry.d_un.d_ptr : strings;
        name = entry.d_tag == DT_SONAME ? entry.d_un.d_val : name;
    }
    strings += strings < start ? start : 0;
    return name && far_read(far, strings + name, words, sizeof words - 1) &&
           strcmp(words, "libhalloc.so") == 0;
}

/* One file serves many processes: each is looked into once. */
static bool is_renamed_library(const struct far *far, uint64_t start, uint64_t key) {
    static struct table known;
    struct table_entry *before = table_find(&known, key);
    if (before)
        return before->value;
    errno = 0;
    bool is = has_our_name(far, start);
    if (!errno)
        table_add(&known, key, is);
    return is;
}

enum wanted { THE_PROGRAM, THE_LIBRARY, A_RENAMED_LIBRARY };

/* The first mapping of the file that is wanted begins with its first byte. False: there is none. */
static bool find_file(struct target *target, enum wanted wanted, const char *program) {
    char path[64], line[4400], rights[8], name[4200];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)target->far.pid);
    FILE *maps = fopen(path, "re");
    while (maps && !found && fgets(line, sizeof line, maps)) {
        unsigned long from, to, offset, file;
        unsigned major, minor;
        if (sscanf(line, "%lx-%lx %7s %lx %x:%x %lu %4199[^\n]", &from, &to, rights, &offset, &major, &minor,
                   &file, name) != 8 ||
            offset)
            continue;
        uint64_t key = file ^ (uint64_t)major << 52 ^ (uint64_t)minor << 40;
        bool is_code = rights[1] == '-' && rights[3] == 'p' && name[0] == '/'; /* may be, at least */
        found = wanted == THE_PROGRAM   ? strcmp(name, program) == 0
                : wanted == THE_LIBRARY ? is_library(name)
                                        : is_code && is_renamed_library(&target->far, from, key);
        if (!found)
            continue;
        target->from = from;
        target->to = to;
        snprintf(target->file, sizeof target->file, "%s", name);
    }
    if (maps)
        fclose(maps);
    return found;
}

static const char deleted[] = " (deleted)"; /* behind the path of a file that was removed or replaced */

static bool is_deleted(const struct target *target) {
    size_t length = strlen(target->file);
    return length >= sizeof deleted && strcmp(target->file + length + 1 - sizeof deleted, deleted) == 0;
}

enum way { AS_IT_SEES, AS_WE_SEE, AS_MAPPED };

/* A process with another root has a path as it sees it, or, after chroot, as we do. The third way is open to
 * root alone. It leads to a file that was removed, too. */
static void say_way(const struct target *target, enum way way, char *path, size_t room) {
    int pid = (int)target->far.pid;
    int bytes = (int)(strlen(target->file) - (is_deleted(target) ? sizeof deleted - 1 : 0));
    if (way == AS_IT_SEES)
        snprintf(path, room, "/proc/%d/root%.*s", pid, bytes, target->file);
    else if (way == AS_WE_SEE)
        snprintf(path, room, "%.*s", bytes, target->file);
    else
        snprintf(path, room, "/proc/%d/map_files/%llx-%llx", pid, (unsigned long long)target->from,
                 (unsigned long long)target->to);
}

/* One file serves many processes: its layout is read once. False: there is no file. */
static bool read_layout(struct target *target, const char *path, const char **why) {
    static struct stat known;
    static struct layout layout;
    static const char *known_why;
    struct stat file;
    if (stat(path, &file) != 0 || !S_ISREG(file.st_mode))
        return false;
    if (file.st_ino != known.st_ino || file.st_dev != known.st_dev ||
        file.st_ctim.tv_sec != known.st_ctim.tv_sec || file.st_ctim.tv_nsec != known.st_ctim.tv_nsec) {
        known_why = layout_read(path, &layout);
        known = file;
    }
    target->layout = layout;
    *why = known_why;
    return true;
}

/* --- Is the file the one that the process has? --------------------------------------------------------- */

static bool note_is(const unsigned char *notes, size_t bytes, const char *build_id) {
    for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= bytes;) {
        Elf64_Nhdr note;
        memcpy(&note, notes + at, sizeof note);
        size_t text = at + sizeof note + (note.n_namesz + 3) / 4 * 4;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && text + note.n_descsz <= bytes) {
            char id[64] = "";
            for (size_t each = 0; each < note.n_descsz && each < 20; each++)
                snprintf(id + 2 * each, 3, "%02x", notes[text + each]);
            return strcmp(id, build_id) == 0;
        }
        at = text + (note.n_descsz + 3) / 4 * 4;
    }
    return false;
}

static bool is_that_file(const struct target *target) {
    Elf64_Ehdr head;
    Elf64_Phdr part;
    unsigned char notes[1024];
    if (!far_read(&target->far, target->from, &head, sizeof head))
        return false;
    for (unsigned index = 0; index < head.e_phnum; index++) {
        if (!far_read(&target->far, target->from + head.e_phoff + index * sizeof part, &part, sizeof part))
            return false;
        if (part.p_type != PT_NOTE || part.p_filesz > sizeof notes)
            continue;
        if (far_read(&target->far, target->bias + part.p_vaddr, notes, part.p_filesz) &&
            note_is(notes, part.p_filesz, target->layout.build_id))
            return true;
    }
    return false;
}

/* --- All together -------------------------------------------------------------------------------------- */

/* What kind of program is it? A preload reaches only some. */
static const char *look_at_program(pid_t pid, char *program, size_t room, bool *is_static) {
    char link[64], line[4400];
    unsigned char head[EI_NIDENT] = "";
    snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
    ssize_t length = readlink(link, program, room - 1);
    if (length <= 0)
        return errno == ENOENT ? "no such program: it has ended, or belongs to the kernel"
                               : because("its program");
    program[length] = 0;
    FILE *file = fopen(link, "re");
    size_t got = file ? fread(head, 1, sizeof head, file) : 0;
    if (file)
        fclose(file);
    if (got == sizeof head && head[EI_CLASS] == ELFCLASS32)
        return "is a 32-bit program; Halloc here is for 64 bits";
    snprintf(link, sizeof link, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(link, "re");
    *is_static = maps;
    while (maps && fgets(line, sizeof line, maps))
        if (strstr(line, "/ld-") || strstr(line, "/ld.so"))
            *is_static = false;
    if (maps)
        fclose(maps);
    return NULL;
}

static const char *was_replaced(const struct target *target) {
    char name[256];
    const char *slash = strrchr(target->file, '/'), *last = slash ? slash + 1 : target->file;
    int bytes = (int)(strlen(last) - (is_deleted(target) ? sizeof deleted - 1 : 0));
    snprintf(name, sizeof name, "%.*s", bytes, last);
    snprintf(message, sizeof message,
             "its %s was replaced or removed after it started: restart the process%s", plain(name),
             geteuid() ? ", or look as root" : "");
    return message;
}

/* The file that was found: the ways to it are tried, until one has the build id that is in the memory. */
static const char *open_file(struct target *target, bool is_static) {
    const char *why = "the file that has Halloc in it can't be read";
    char path[4300];
    bool is_it = false;
    target->is_candidate = target->is_library;
    for (enum way way = AS_IT_SEES; !is_it && way <= AS_MAPPED; way++) {
        say_way(target, way, path, sizeof path);
        if (!read_layout(target, path, &why))
            continue;
        target->is_candidate = target->layout.has_halloc || target->is_library;
        target->bias = target->from - target->layout.first;
        errno = 0;
        is_it = is_that_file(target) || way == AS_MAPPED;
        if (!is_it && errno)
            return because("its memory");
    }
    if (!is_it && (is_deleted(target) || !why))
        return was_replaced(target);
    if (why && !target->is_candidate && is_static)
        return "is a static program without Halloc: a preload does not reach it; link halloc.o or "
               "libhalloc.a";
    return why;
}

static bool is_idle(const struct target *target) {
    uint64_t base = 0;
    return far_read(&target->far, target->bias + target->layout.region + offsetof(struct region, base), &base,
                    sizeof base) &&
           !base;
}

/* A program with Halloc linked in may have the library as well, preloaded. It uses its own then. */
static const char *open_target(struct target *target, pid_t pid) {
    char program[4200];
    bool is_static = false;
    const char *why = look_at_program(pid, program, sizeof program, &is_static);
    if (why)
        return why;
    struct target own = *target;
    target->is_library = find_file(target, THE_LIBRARY, NULL) || find_file(target, A_RENAMED_LIBRARY, NULL);
    if (target->is_library) {
        why = open_file(target, is_static);
        if (why || !is_idle(target))
            return why;
    }
    errno = 0;
    why = find_file(&own, THE_PROGRAM, program) ? open_file(&own, is_static) : because("its mappings");
    if (target->is_library && !own.layout.has_halloc)
        return NULL;
    *target = own;
    return why;
}

/* The process may forbid it. That is a word, no lock: who may read its memory can do so with a debugger. */
static bool is_forbidden(const struct target *target) {
    unsigned live = 1;
    uint64_t at = target->bias + target->layout.conf + offsetof(struct conf, live);
    return far_read(&target->far, at, &live, sizeof live) && !live;
}

const char *target_open(struct target *target, pid_t pid) {
    *target = (struct target){.far = {.pagemap = -1}};
    errno = 0;
    if (lacks_main_thread(pid))
        return "its main thread has ended (pthread_exit): the kernel shows the memory of no such process";
    if (!far_open(&target->far, pid))
        return because("its pages");
    read_program(target);
    const char *why = open_target(target, pid);
    if (!why && is_forbidden(target))
        why = "forbids it: it runs with HALLOC_CONF=live:off";
    if (why)
        target_close(target);
    return why;
}

void target_close(struct target *target) {
    if (target->far.pagemap >= 0)
        far_close(&target->far);
}
