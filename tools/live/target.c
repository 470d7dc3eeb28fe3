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
    if (file && fgets(target->program, sizeof target->program, file))
        target->program[strcspn(target->program, "\n")] = 0;
    plain(target->program); /* a program may give itself a name of any bytes */
    if (file)
        fclose(file);
}

/* --- The file that has Halloc in it -------------------------------------------------------------------- */

static bool is_library(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && strncmp(slash + 1, "libhalloc.so", 12) == 0;
}

/* Whatever its file is called: the name that it was linked with says it. */
static bool has_our_name(int fd) {
    Elf64_Ehdr head;
    Elf64_Phdr parts[PARTS_MOST];
    Elf64_Dyn entry = {.d_tag = DT_NEEDED};
    uint64_t from = 0, strings = 0, name = 0;
    char words[13] = "";
    if (pread(fd, &head, sizeof head, 0) != (ssize_t)sizeof head ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 ||
        head.e_type != ET_DYN || head.e_phnum > PARTS_MOST ||
        pread(fd, parts, head.e_phnum * sizeof *parts, (off_t)head.e_phoff) !=
            (ssize_t)(head.e_phnum * sizeof *parts))
        return false;
    for (unsigned at = 0; at < head.e_phnum; at++)
        from = parts[at].p_type == PT_DYNAMIC ? parts[at].p_offset : from;
    for (; from && entry.d_tag != DT_NULL; from += sizeof entry) {
        if (pread(fd, &entry, sizeof entry, (off_t)from) != (ssize_t)sizeof entry)
            return false;
        strings = entry.d_tag == DT_STRTAB ? entry.d_un.d_ptr : strings;
        name = entry.d_tag == DT_SONAME ? entry.d_un.d_val : name;
    }
    for (unsigned at = 0; name && at < head.e_phnum; at++)
        if (parts[at].p_type == PT_LOAD && strings - parts[at].p_vaddr < parts[at].p_filesz)
            return pread(fd, words, sizeof words - 1,
                         (off_t)(parts[at].p_offset + (strings - parts[at].p_vaddr) + name)) > 0 &&
                   strcmp(words, "libhalloc.so") == 0;
    return false;
}

/* One file serves many processes: each is looked into once. */
static bool is_renamed_library(pid_t pid, const char *path) {
    static struct table known;
    struct stat file;
    char there[4300];
    snprintf(there, sizeof there, "/proc/%d/root%s", (int)pid, path);
    if (path[0] != '/' || stat(there, &file) != 0 || !S_ISREG(file.st_mode))
        return false;
    uint64_t key = file.st_ino ^ file.st_dev << 40;
    struct table_entry *before = table_find(&known, key);
    if (before)
        return before->value;
    int fd = open(there, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && has_our_name(fd);
    if (fd >= 0)
        close(fd);
    table_add(&known, key, is);
    return is;
}

enum wanted { THE_PROGRAM, THE_LIBRARY, A_RENAMED_LIBRARY };

static bool is_wanted(pid_t pid, const char *name, enum wanted wanted, const char *program) {
    return wanted == THE_PROGRAM   ? strcmp(name, program) == 0
           : wanted == THE_LIBRARY ? is_library(name)
                                   : is_renamed_library(pid, name);
}

/* The first mapping of the file that is wanted begins with its first byte: where is it? 0: there is none. */
static uint64_t find_start(pid_t pid, enum wanted wanted, const char *program, char *found, size_t room) {
    char path[64], line[4400], name[4200];
    uint64_t start = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    while (maps && !start && fgets(line, sizeof line, maps)) {
        unsigned long from, offset;
        if (sscanf(line, "%lx-%*x %*s %lx %*s %*s %4199[^\n]", &from, &offset, name) != 3 || offset)
            continue;
        if (is_wanted(pid, name, wanted, program)) {
            start = from;
            snprintf(found, room, "%s", name);
        }
    }
    if (maps)
        fclose(maps);
    return start;
}

/* One file serves many processes: its layout is read once. */
static const char *layout_of(struct target *target) {
    static struct stat known;
    static struct layout layout;
    static const char *why;
    struct stat file = {0};
    char path[4300];
    snprintf(path, sizeof path, "/proc/%d/root%s", (int)target->far.pid, target->file);
    if (stat(path, &file) != 0 || file.st_ino != known.st_ino || file.st_dev != known.st_dev) {
        why = layout_read(path, &layout);
        known = file;
    }
    target->layout = layout;
    return why;
}

/* --- Is the file still the one that the process has? --------------------------------------------------- */

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

static bool is_that_file(const struct target *target, uint64_t start) {
    Elf64_Ehdr head;
    Elf64_Phdr part;
    unsigned char notes[1024];
    if (!far_read(&target->far, start, &head, sizeof head))
        return false;
    for (unsigned index = 0; index < head.e_phnum; index++) {
        if (!far_read(&target->far, start + head.e_phoff + index * sizeof part, &part, sizeof part))
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

/* The file that is mapped there. */
static const char *open_file(struct target *target, uint64_t start, bool is_static) {
    target->is_candidate = target->is_library;
    if (!start)
        return because("its mappings");
    if (strstr(target->file, " (deleted)"))
        return "its file was replaced or removed since it started: restart it, or look with the old build";
    const char *why = layout_of(target);
    target->is_candidate = target->layout.has_halloc || target->is_candidate;
    if (why && !target->is_candidate && is_static)
        return "is a static program without Halloc: a preload does not reach it; link halloc.o or "
               "libhalloc.a";
    if (why)
        return why;
    target->bias = start - target->layout.first;
    errno = 0;
    if (is_that_file(target, start))
        return NULL;
    return errno ? because("its memory") : "its file was replaced since it started";
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
    uint64_t start = find_start(pid, THE_LIBRARY, NULL, target->file, sizeof target->file);
    if (!start)
        start = find_start(pid, A_RENAMED_LIBRARY, NULL, target->file, sizeof target->file);
    if (start) {
        target->is_library = true;
        why = open_file(target, start, is_static);
        if (why || !is_idle(target))
            return why;
    }
    uint64_t own_start = find_start(pid, THE_PROGRAM, program, own.file, sizeof own.file);
    const char *own_why = open_file(&own, own_start, is_static);
    if (start && !own.layout.has_halloc)
        return NULL;
    *target = own;
    return own_why;
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
    if (why)
        target_close(target);
    return why;
}

void target_close(struct target *target) {
    if (target->far.pagemap >= 0)
        far_close(&target->far);
}
