/*
 * overhear.c - finds a hook that calls malloc.
 *
 *      find ---- printf (libc) ---- malloc          a real program waits forever: it holds the heap's lock
 *
 * On trial the policy has a heap of its own, and malloc uses another, so such a call does no harm. In a
 * program (`halloc run --policy`) the hook runs inside malloc, which holds its lock, and must not call
 * malloc again. So every call is heard here, also those of libraries. Each loaded object has a table of the
 * addresses that it calls. In these tables malloc's address is replaced by ours.
 */
#define _GNU_SOURCE 1
#include "trial.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct stage *told;

static void hear(const char *name) {
    if (told->hook != HOOK_NONE && told->hook != HOOK_LOAD && !told->allocates)
        told->allocates = name;
}

static void *hear_malloc(size_t size) {
    hear("malloc");
    return malloc(size);
}

static void *hear_calloc(size_t count, size_t size) {
    hear("calloc");
    return calloc(count, size);
}

static void *hear_realloc(void *ptr, size_t size) {
    hear("realloc");
    return realloc(ptr, size);
}

static void *hear_aligned(size_t alignment, size_t size) {
    hear("aligned_alloc");
    return aligned_alloc(alignment, size);
}

static int hear_posix_memalign(void **ptr, size_t alignment, size_t size) {
    hear("posix_memalign");
    return posix_memalign(ptr, alignment, size);
}

static void hear_free(void *ptr) {
    if (ptr)
        hear("free");
    free(ptr);
}

typedef void function(void);

static const struct {
    const char *name;
    function *ours;
} heard[] = {
    {"malloc", (function *)hear_malloc},    {"calloc", (function *)hear_calloc},
    {"realloc", (function *)hear_realloc},  {"aligned_alloc", (function *)hear_aligned},
    {"memalign", (function *)hear_aligned}, {"posix_memalign", (function *)hear_posix_memalign},
    {"free", (function *)hear_free},        {"_Znwm", (function *)hear_malloc},
    {"_Znam", (function *)hear_malloc},     {"_ZdlPv", (function *)hear_free},
    {"_ZdaPv", (function *)hear_free},      {"_ZdlPvm", (function *)hear_free},
    {"_ZdaPvm", (function *)hear_free},
};

/* --- The tables --------------------------------------------------------------------------------------- */

struct table {
    const ElfW(Rela) * entries;
    size_t bytes;
};

struct object {
    ElfW(Addr) base;
    const ElfW(Sym) * symbols;
    const char *strings;
    struct table calls, data;
};

/* The linker has turned some entries into addresses, and left others as offsets. */
static const void *resolve(ElfW(Addr) base, ElfW(Addr) value) {
    return (const void *)(value < base ? base + value : value);
}

static struct object read_object(ElfW(Addr) base, const ElfW(Dyn) * dynamic) {
    struct object object = {.base = base};
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        switch (dynamic->d_tag) {
        case DT_SYMTAB: object.symbols = resolve(base, dynamic->d_un.d_ptr); break;
        case DT_STRTAB: object.strings = resolve(base, dynamic->d_un.d_ptr); break;
        case DT_JMPREL: object.calls.entries = resolve(base, dynamic->d_un.d_ptr); break;
        case DT_PLTRELSZ: object.calls.bytes = dynamic->d_un.d_val; break;
        case DT_RELA: object.data.entries = resolve(base, dynamic->d_un.d_ptr); break;
        case DT_RELASZ: object.data.bytes = dynamic->d_un.d_val; break;
        default: break;
        }
    }
    return object;
}

/* These pages may be read-only after relocation. */
static void replace(function **slot, function *ours) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)slot / page * page;
    if (mprotect((void *)start, page, PROT_READ | PROT_WRITE) == 0)
        *slot = ours;
}

static void replace_in(const struct object *object, const struct table *table) {
    for (size_t index = 0; table->entries && index < table->bytes / sizeof *table->entries; index++) {
        const ElfW(Rela) *entry = &table->entries[index];
        size_t symbol = ELF64_R_SYM(entry->r_info);
        const char *name = symbol ? object->strings + object->symbols[symbol].st_name : "";
        for (size_t which = 0; which < sizeof heard / sizeof *heard; which++)
            if (strcmp(name, heard[which].name) == 0)
                replace((function **)(object->base + entry->r_offset), heard[which].ours);
    }
}

/* Not in this command itself, which runs the trial. */
static int replace_in_object(struct dl_phdr_info *info, size_t size, void *first) {
    (void)size;
    bool is_command = *(bool *)first;
    *(bool *)first = false;
    for (size_t index = 0; index < info->dlpi_phnum && !is_command; index++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[index];
        if (header->p_type != PT_DYNAMIC)
            continue;
        struct object object =
            read_object(info->dlpi_addr, (const ElfW(Dyn) *)(info->dlpi_addr + header->p_vaddr));
        if (object.symbols && object.strings) {
            replace_in(&object, &object.calls);
            replace_in(&object, &object.data);
        }
    }
    return 0;
}

void overhear_malloc(struct stage *stage) {
    bool first = true;
    told = stage;
    dl_iterate_phdr(replace_in_object, &first);
}
