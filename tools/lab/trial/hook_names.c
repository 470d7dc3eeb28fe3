/*
 * hook_names.c - finds the names of a policy's hooks in its source, for a user of a debugger.
 *
 *      halloc_user_policy.remove ----> address in the object ----> its symbol table: "take_out"
 *
 * The hooks are static functions, so the dynamic linker does not know their names. The object's own symbol
 * table has them: the compiler writes it, and nothing strips it here.
 */
#define _GNU_SOURCE 1
#include "trial.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dlfcn.h>

struct image { /* the file, mapped */
    const char *bytes;
    size_t count;
};

static bool has(const struct image *image, uint64_t offset, uint64_t count) {
    return offset <= image->count && count <= image->count - offset;
}

static const ElfW(Shdr) * section(const struct image *image, size_t index) {
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)image->bytes;
    uint64_t offset = header->e_shoff + index * sizeof(ElfW(Shdr));
    return index < header->e_shnum && has(image, offset, sizeof(ElfW(Shdr)))
               ? (const ElfW(Shdr) *)(image->bytes + offset)
               : NULL;
}

/* The name of the function that begins at that address; "" if there is none. */
static const char *name_at(const struct image *image, const ElfW(Shdr) * symbols, uintptr_t address) {
    const ElfW(Shdr) *strings = section(image, symbols->sh_link);
    size_t count = symbols->sh_size / sizeof(ElfW(Sym));
    if (!strings || !has(image, symbols->sh_offset, symbols->sh_size) ||
        !has(image, strings->sh_offset, strings->sh_size))
        return "";
    const ElfW(Sym) *symbol = (const ElfW(Sym) *)(image->bytes + symbols->sh_offset);
    for (size_t index = 0; index < count; index++)
        if (ELF64_ST_TYPE(symbol[index].st_info) == STT_FUNC && symbol[index].st_value == address &&
            symbol[index].st_name < strings->sh_size)
            return image->bytes + strings->sh_offset + symbol[index].st_name;
    return "";
}

/* The addresses of the functions, by hook. */
static void find_hooks(const struct learned *learned, uintptr_t hooks[HOOKS]) {
    const halloc_policy *policy = learned->policy;
    const struct whole *whole = learned->whole;
    if (whole) {
        hooks[HOOK_MALLOC] = (uintptr_t)whole->malloc;
        hooks[HOOK_FREE] = (uintptr_t)whole->free;
        hooks[HOOK_REALLOC] = (uintptr_t)whole->realloc;
        hooks[HOOK_CALLOC] = (uintptr_t)whole->calloc;
        hooks[HOOK_ALIGNED] = (uintptr_t)whole->aligned;
        hooks[HOOK_INIT] = (uintptr_t)whole->init;
        return;
    }
    const uintptr_t found[HOOKS] = {
        [HOOK_FIND] = (uintptr_t)policy->find,        [HOOK_INSERT] = (uintptr_t)policy->insert,
        [HOOK_REMOVE] = (uintptr_t)policy->remove,    [HOOK_TAKE] = (uintptr_t)policy->take,
        [HOOK_ROUND] = (uintptr_t)policy->round_size, [HOOK_PIECE] = (uintptr_t)policy->piece,
        [HOOK_MERGE] = (uintptr_t)policy->may_merge,
    };
    memcpy(hooks, found, sizeof found);
}

static void name_hooks(const struct image *image, const uintptr_t hooks[HOOKS], uintptr_t base,
                       struct stage *stage) {
    const ElfW(Shdr) *symbols = NULL, *next;
    for (size_t index = 0; !symbols && (next = section(image, index)); index++)
        symbols = next->sh_type == SHT_SYMTAB ? next : NULL;
    for (size_t hook = 0; symbols && hook < HOOKS; hook++)
        if (hooks[hook])
            snprintf(stage->hooks[hook], sizeof stage->hooks[hook], "%s",
                     name_at(image, symbols, hooks[hook] - base));
}

void names_find(const char *object, const struct learned *learned, struct stage *stage) {
    const void *inside =
        learned->whole ? (const void *)learned->whole->malloc : (const void *)learned->policy;
    uintptr_t hooks[HOOKS] = {0};
    Dl_info info;
    struct stat status;
    int fd = open(object, O_RDONLY | O_CLOEXEC);
    bool known = fd >= 0 && fstat(fd, &status) == 0 && (size_t)status.st_size > sizeof(ElfW(Ehdr)) &&
                 dladdr(inside, &info);
    const char *bytes =
        known ? mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (bytes != MAP_FAILED) {
        find_hooks(learned, hooks);
        name_hooks(&(struct image){bytes, (size_t)status.st_size}, hooks, (uintptr_t)info.dli_fbase, stage);
        munmap((void *)bytes, (size_t)status.st_size);
    }
    if (fd >= 0)
        close(fd);
}
