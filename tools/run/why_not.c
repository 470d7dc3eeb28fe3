/*
 * why_not.c - why a program did not run on halloc: looks at its file.
 *
 * LD_PRELOAD is a request to the dynamic linker. A static program has no linker. In a set-user-ID program
 * the linker refuses. The linker of another libc, or of another machine, can't load our library. A program
 * may define malloc itself, which comes first. Or it may never call malloc.
 */
#include "run.h"
#include "../base/plain.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* --- A file's bytes, read only within their bounds -------------------------------------------- */

struct image {
    const char *bytes;
    size_t length;
};

static const void *part(const struct image *image, uint64_t offset, uint64_t length) {
    return offset <= image->length && length <= image->length - offset ? image->bytes + offset : NULL;
}

static struct image map_file(const char *path) {
    struct image image = {NULL, 0};
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED)
            image = (struct image){bytes, (size_t)status.st_size};
    }
    if (fd >= 0)
        close(fd);
    return image;
}

static void unmap_file(struct image image) {
    if (image.bytes)
        munmap((void *)image.bytes, image.length);
}

/* --- ELF -------------------------------------------------------------------------------------- */

static const Elf64_Ehdr *elf_header(const struct image *image) {
    const Elf64_Ehdr *header = part(image, 0, sizeof *header);
    bool is_ours = header && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
                   header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_phentsize == sizeof(Elf64_Phdr);
    return is_ours ? header : NULL;
}

/* The dynamic linker that the program names; NULL: none. */
static const char *elf_linker(const struct image *image, const Elf64_Ehdr *header) {
    for (unsigned index = 0; index < header->e_phnum; index++) {
        const Elf64_Phdr *segment = part(image, header->e_phoff + index * sizeof *segment, sizeof *segment);
        if (!segment || segment->p_type != PT_INTERP)
            continue;
        const char *name = part(image, segment->p_offset, segment->p_filesz);
        return name && memchr(name, 0, segment->p_filesz) ? name : NULL;
    }
    return NULL;
}

static bool names_malloc(const struct image *image, const Elf64_Shdr *names, const Elf64_Sym *symbol) {
    const char *name = part(image, names->sh_offset + symbol->st_name, sizeof "malloc");
    return symbol->st_shndx != SHN_UNDEF && name && memcmp(name, "malloc", sizeof "malloc") == 0;
}

/* Does it export malloc, by its table of dynamic symbols? */
static bool elf_defines_malloc(const struct image *image, const Elf64_Ehdr *header) {
    for (unsigned index = 0; index < header->e_shnum; index++) {
        const Elf64_Shdr *section = part(image, header->e_shoff + index * sizeof *section, sizeof *section);
        if (!section || section->sh_type != SHT_DYNSYM || section->sh_link >= header->e_shnum)
            continue;
        const Elf64_Shdr *names =
            part(image, header->e_shoff + section->sh_link * sizeof *names, sizeof *names);
        for (uint64_t at = 0; names && at + sizeof(Elf64_Sym) <= section->sh_size; at += sizeof(Elf64_Sym)) {
            const Elf64_Sym *symbol = part(image, section->sh_offset + at, sizeof *symbol);
            if (symbol && names_malloc(image, names, symbol))
                return true;
        }
    }
    return false;
}

/* `own` is this command itself: it has the library's machine and C library. */
static const char *elf_reason(const struct image *image, const struct image *own) {
    static char words[400];
    const Elf64_Ehdr *header = elf_header(image), *mine = elf_header(own);
    if (!header || (mine && header->e_machine != mine->e_machine))
        return "it is for another machine";
    const char *linker = elf_linker(image, header), *my_linker = mine ? elf_linker(own, mine) : NULL;
    if (!linker)
        return "it is statically linked";
    if (my_linker && strcmp(linker, my_linker) != 0) {
        snprintf(words, sizeof words, "its dynamic linker is %s, the library's is %s", linker, my_linker);
        return plain(words);
    }
    if (elf_defines_malloc(image, header))
        return "it has a malloc of its own";
    return "it asked for no memory";
}

/* --- The program ------------------------------------------------------------------------------ */

/* Finds it like execvp. The caller frees the result; NULL: not found. */
static char *find_program(const char *name) {
    if (strchr(name, '/'))
        return strdup(name);
    const char *folders = getenv("PATH");
    for (const char *at = folders ? folders : "/bin:/usr/bin"; at;) {
        size_t length = strcspn(at, ":");
        char *path = NULL;
        struct stat status;
        if (asprintf(&path, "%.*s%s%s", (int)length, at, length ? "/" : "", name) < 0)
            return NULL;
        if (access(path, X_OK) == 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode))
            return path;
        free(path);
        at = at[length] ? at + length + 1 : NULL;
    }
    return NULL;
}

/* The privileges that a file gives, in words; NULL: none that we lack. */
static const char *privilege(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0)
        return NULL;
    if ((status.st_mode & S_ISUID) && status.st_uid != getuid())
        return "it is set-user-ID, so the dynamic linker ignores LD_PRELOAD";
    if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) && status.st_gid != getgid())
        return "it is set-group-ID, so the dynamic linker ignores LD_PRELOAD";
    if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        return "it has file capabilities, so the dynamic linker ignores LD_PRELOAD";
    return NULL;
}

/* "#!/bin/sh -e": /bin/sh. False: no script. */
static bool script_interpreter(const struct image *image, char *name, size_t room) {
    const char *line = part(image, 0, 2);
    if (!line || memcmp(line, "#!", 2) != 0)
        return false;
    size_t at = 2, length = 0;
    while (at < image->length && (image->bytes[at] == ' ' || image->bytes[at] == '\t'))
        at++;
    while (at < image->length && !strchr(" \t\n", image->bytes[at]) && length + 1 < room)
        name[length++] = image->bytes[at++];
    name[length] = 0;
    return true;
}

const char *run_why_not(const char *program) {
    char interpreter[4096];
    const char *reason = "its file cannot be read";
    for (int depth = 0; depth < 5; depth++) {
        char *path = find_program(program);
        const char *given = path ? privilege(path) : NULL;
        struct image image = path ? map_file(path) : (struct image){NULL, 0};
        free(path);
        bool is_script = !given && script_interpreter(&image, interpreter, sizeof interpreter);
        if (given)
            reason = given;
        else if (image.bytes && !is_script) {
            struct image own = map_file("/proc/self/exe");
            reason = elf_reason(&image, &own);
            unmap_file(own);
        }
        unmap_file(image);
        if (!is_script)
            return reason;
        program = interpreter;
    }
    return reason;
}
