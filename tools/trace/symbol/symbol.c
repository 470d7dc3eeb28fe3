/* symbol.c - see symbol.h. Modules are opened when a frame of theirs is first asked for, and kept. */
#include "symbol.h"
#include "../../base/plain.h"
#include "demangle.h"
#include "inlined.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Names of modules that may be shown only after a change. A symbol has a pointer to its module's name, so
 * they are kept to the end of the command. */
static struct name {
    struct name *next;
    char *raw, *shown;
} * names;

const char *symbol_module(const char *path) {
    const char *raw = name_of(path);
    size_t sound = 0;
    for (unsigned bytes; (bytes = plain_bytes(raw + sound));)
        sound += bytes;
    if (!raw[sound])
        return raw;
    struct name *name = names;
    while (name && strcmp(name->raw, raw) != 0)
        name = name->next;
    if (!name && (name = calloc(1, sizeof *name))) {
        *name = (struct name){names, strdup(raw), strdup(raw)};
        names = name;
    }
    return name && name->raw && name->shown ? plain(name->shown) : "?";
}

/* The call is before the return address. */
static unsigned find(void *module, const struct symbol *place, struct symbol symbols[SYMBOLS_MOST]) {
    for (unsigned at = 0; at < SYMBOLS_MOST; at++)
        symbols[at] = *place;
    unsigned count = module ? inlined_find(module, place->address - 1, symbols) : 1;
    for (unsigned at = 0; at < count; at++) {
        plain(symbols[at].function);
        plain(symbols[at].file);
    }
    return count;
}

#ifdef HALLOC_LIBDW
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BIAS 0x10000000 /* where a file is taken to be loaded, if it is not bound to a place */

/* One for each module: two modules may have had the same addresses at different times. */
static struct session {
    Dwfl *dwfl;
    bool tried;
} * sessions;
static const struct trace *sessions_trace;
static uint32_t session_count;

/* To open a pipe would wait for its writer. */
static bool is_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* Where the module was loaded: an address less the file's own address of the same byte. */
static bool find_bias(const struct trace_module *module, GElf_Addr *bias) {
    int fd = open(module->path, O_RDONLY | O_CLOEXEC);
    Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
    size_t count = 0;
    bool found = false;
    if (elf && elf_kind(elf) == ELF_K_ELF && elf_getphdrnum(elf, &count) == 0)
        for (size_t index = 0; index < count && !found; index++) {
            GElf_Phdr header;
            found = gelf_getphdr(elf, (int)index, &header) && header.p_type == PT_LOAD &&
                    header.p_flags & PF_X && module->file_offset <= header.p_offset &&
                    header.p_offset - module->file_offset < 65536;
            *bias = module->start - (header.p_vaddr - (header.p_offset - module->file_offset));
        }
    if (elf)
        elf_end(elf);
    if (fd >= 0)
        close(fd);
    return found;
}

static bool open_sessions(const struct trace *trace) {
    if (sessions_trace == trace)
        return sessions != NULL;
    symbol_close();
    while (trace_module(trace, session_count))
        session_count++;
    elf_version(EV_CURRENT);
    sessions = calloc(session_count + 1, sizeof *sessions);
    sessions_trace = trace;
    return sessions != NULL;
}

static Dwfl *open_file(const char *path, GElf_Addr bias) {
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
    };
    Dwfl *dwfl = dwfl_begin(&callbacks);
    if (dwfl) {
        dwfl_report_begin(dwfl);
        dwfl_report_elf(dwfl, path, path, -1, bias, true);
        dwfl_report_end(dwfl, NULL, NULL);
    }
    return dwfl;
}

static Dwfl *open_session(const struct trace_module *module) {
    GElf_Addr bias;
    return module->path[0] == '/' && is_file(module->path) && find_bias(module, &bias)
               ? open_file(module->path, bias)
               : NULL;
}

static Dwfl_Module *open_module(const struct trace *trace, const struct trace_frame *frame) {
    const struct trace_module *module = trace_module(trace, frame->module);
    if (!module || !open_sessions(trace))
        return NULL;
    struct session *session = &sessions[frame->module];
    if (!session->tried) {
        session->tried = true;
        session->dwfl = open_session(module);
    }
    return session->dwfl ? dwfl_addrmodule(session->dwfl, frame->address) : NULL;
}

unsigned symbols_in_module(void *module, uint64_t address, struct symbol symbols[SYMBOLS_MOST]) {
    Dwarf_Addr start = 0;
    const char *path = module ? dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL) : NULL;
    return find(module,
                &(struct symbol){.module = path ? symbol_module(path) : "?",
                                 .address = address,
                                 .in_module = address - start},
                symbols);
}

/* --- Files by their names ------------------------------------------------------------------------------ */

static struct file {
    struct file *next;
    Dwfl *dwfl;
    Dwfl_Module *module;
    Dwarf_Addr start;
    char path[];
} * files;

static int keep_module(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr start, void *to) {
    (void)user, (void)name;
    struct file *file = to;
    file->module = module;
    file->start = start;
    return DWARF_CB_ABORT; /* there is one */
}

static struct file *find_file(const char *path) {
    struct file *file = files;
    while (file && strcmp(file->path, path) != 0)
        file = file->next;
    size_t bytes = strlen(path) + 1;
    if (file || !(file = calloc(1, sizeof *file + bytes)))
        return file;
    memcpy(file->path, path, bytes);
    elf_version(EV_CURRENT);
    file->dwfl = is_file(path) ? open_file(path, FILE_BIAS) : NULL;
    if (file->dwfl)
        dwfl_getmodules(file->dwfl, keep_module, file, 0);
    file->next = files;
    return files = file;
}

unsigned symbols_in_file(const char *path, uint64_t offset, struct symbol symbols[SYMBOLS_MOST]) {
    const struct file *file = find_file(path);
    return file && file->module ? symbols_in_module(file->module, file->start + offset, symbols) : 0;
}

bool symbols_can_be_found(void) {
    return true;
}

static void close_files(void) {
    while (files) {
        struct file *file = files;
        files = file->next;
        if (file->dwfl)
            dwfl_end(file->dwfl);
        free(file);
    }
}

void symbol_close(void) {
    close_files();
    for (uint32_t index = 0; index < session_count; index++)
        if (sessions && sessions[index].dwfl)
            dwfl_end(sessions[index].dwfl);
    free(sessions);
    sessions = NULL;
    sessions_trace = NULL;
    session_count = 0;
}

#else

unsigned symbols_in_file(const char *path, uint64_t offset, struct symbol symbols[SYMBOLS_MOST]) {
    (void)path, (void)offset, (void)symbols;
    return 0;
}

bool symbols_can_be_found(void) {
    return false;
}

static void *open_module(const struct trace *trace, const struct trace_frame *frame) {
    (void)trace, (void)frame;
    return NULL;
}

void symbol_close(void) {
}

#endif

/* As another tool has named it. */
static void copy_name(const struct trace_name *name, const struct trace_frame *frame, struct symbol *symbol) {
    *symbol = (struct symbol){.module = name->module[0] ? symbol_module(name->module) : "?",
                              .line = (int)name->line,
                              .address = frame->address,
                              .in_module = frame->address};
    if (name->function[0] == '_') /* else it may be text with dots in it, and demangle would cut it there */
        demangle(name->function, symbol->function, sizeof symbol->function);
    else
        snprintf(symbol->function, sizeof symbol->function, "%s", name->function);
    snprintf(symbol->file, sizeof symbol->file, "%s", name_of(name->file));
    plain(symbol->function);
    plain(symbol->file);
}

unsigned symbols_find(const struct trace *trace, const struct trace_frame *frame,
                      struct symbol symbols[SYMBOLS_MOST]) {
    const struct trace_module *module = trace_module(trace, frame->module);
    const struct trace_name *name = trace_name(trace, frame);
    if (name) {
        copy_name(name, frame, &symbols[0]);
        return 1;
    }
    return find(open_module(trace, frame),
                &(struct symbol){.module = module ? symbol_module(module->path) : "?",
                                 .address = frame->address,
                                 .in_module = frame->in_module},
                symbols);
}

static bool is_of_language(const struct symbol *symbol) {
    static const char *const libraries[] = {"std::", "__gnu_cxx::", "alloc::", "core::"};
    const char *name = symbol->function + (symbol->function[0] == '<');
    for (size_t at = 0; at < sizeof libraries / sizeof *libraries; at++)
        if (strncmp(name, libraries[at], strlen(libraries[at])) == 0)
            return true;
    return false;
}

bool symbol_is_plumbing(const struct symbol *symbol) {
    return symbol->inlined && is_of_language(symbol);
}

/* Other tools list inlined functions as they list all. Those of the language's library that have a source
 * file were compiled with the program: mostly inlined, and plumbing in any case. */
static bool is_of_header(const struct symbol *symbol) {
    return symbol->file[0] && is_of_language(symbol);
}

unsigned symbols_of_site(const struct trace *trace, uint32_t site, unsigned frames_most,
                         struct symbol *symbols, unsigned most) {
    struct trace_frame frames[TRACE_FRAMES_MOST];
    struct symbol found[SYMBOLS_MOST];
    unsigned frame_count = trace_site(trace, site, frames, TRACE_FRAMES_MOST), count = 0, whole = 0;
    for (unsigned frame = 0; frame < frame_count && whole < frames_most; frame++) {
        unsigned found_count = symbols_find(trace, &frames[frame], found);
        if (trace_name(trace, &frames[frame]))
            found[0].inlined = is_of_header(&found[0]);
        for (unsigned at = 0; at < found_count && count < most; at++)
            symbols[count++] = found[at];
        whole += !found[found_count - 1].inlined;
    }
    return count;
}

bool symbol_is_entry(const struct symbol *symbol) {
    static const char *const entries[] = {
        "malloc",          "calloc", "realloc",    "reallocarray",       "aligned_alloc",  "memalign",
        "posix_memalign",  "valloc", "pvalloc",    "process_allocate",   "process_resize", "new_slowly",
        "allocate_slowly", "free",   "free_sized", "free_aligned_sized", "cfree",          "process_free"};
    for (size_t at = 0; at < sizeof entries / sizeof *entries; at++)
        if (strcmp(symbol->function, entries[at]) == 0)
            return true;
    return strncmp(symbol->module, "libhalloc.so", 12) == 0 || strncmp(symbol->function, "halloc_", 7) == 0 ||
           strncmp(symbol->function, "operator new", 12) == 0 ||
           strncmp(symbol->function, "operator delete", 15) == 0;
}

const char *symbol_name(const struct symbol *symbol, char *room, size_t bytes) {
    if (symbol->function[0])
        snprintf(room, bytes, "%s", symbol->function);
    else if (strcmp(symbol->module, "?") != 0)
        snprintf(room, bytes, "%s+0x%" PRIx64, symbol->module, symbol->in_module);
    else
        snprintf(room, bytes, "0x%" PRIx64, symbol->address);
    return plain(room);
}

const char *symbol_print(const struct symbol *symbol, char *room, size_t bytes) {
    size_t length = strlen(symbol_name(symbol, room, bytes));
    if (symbol->function[0] && symbol->file[0])
        snprintf(room + length, bytes - length, " (%s:%d)", symbol->file, symbol->line);
    else if (symbol->function[0])
        snprintf(room + length, bytes - length, " (%s)", symbol->module);
    return plain(room);
}
