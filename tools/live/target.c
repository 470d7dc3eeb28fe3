/* target.c - see target.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "target.h"

#include "../../src/region/region.h"
#include "../base/plain.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* The first mapping of the program, or of the library if `program` is NULL, begins with its first byte: where
 * is it? 0: there is none. */
static uint64_t find_start(pid_t pid, const char *program, char *found, size_t room) {
    char path[64], line[4400], name[4200];
    uint64_t start = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    while (maps && !start && fgets(line, sizeof line, maps)) {
        unsigned long from, offset;
        if (sscanf(line, "%lx-%*x %*s %lx %*s %*s %4199[^\n]", &from, &offset, name) != 3 || offset)
            continue;
        if (program ? strcmp(name, program) == 0 : is_library(name)) {
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
    target->is_candidate = is_library(target->file);
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
    uint64_t start = find_start(pid, NULL, target->file, sizeof target->file);
    if (start) {
        why = open_file(target, start, is_static);
        if (why || !is_idle(target))
            return why;
    }
    uint64_t own_start = find_start(pid, program, own.file, sizeof own.file);
    const char *own_why = open_file(&own, own_start, is_static);
    if (start && !own.layout.has_halloc)
        return NULL;
    *target = own;
    return own_why;
}

const char *target_open(struct target *target, pid_t pid) {
    *target = (struct target){.far = {.pagemap = -1}};
    errno = 0;
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
