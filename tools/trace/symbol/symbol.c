/* symbol.c - see symbol.h. Modules are opened when a frame of theirs is first asked for, and kept. */
#include "symbol.h"
#include "demangle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

#ifdef HALLOC_LIBDW
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

/* One for each module: two modules may have had the same addresses at different times. */
static struct session {
    Dwfl *dwfl;
    bool tried;
} * sessions;
static const struct trace *sessions_trace;
static uint32_t session_count;

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

static Dwfl *open_session(const struct trace_module *module) {
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
    };
    GElf_Addr bias;
    Dwfl *dwfl = module->path[0] == '/' && find_bias(module, &bias) ? dwfl_begin(&callbacks) : NULL;
    if (dwfl) {
        dwfl_report_begin(dwfl);
        dwfl_report_elf(dwfl, module->path, module->path, -1, bias, true);
        dwfl_report_end(dwfl, NULL, NULL);
    }
    return dwfl;
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

/* The unit that was compiled to this address. gcc writes a table of that (.debug_aranges). clang and rustc
 * don't, so each unit must be asked. */
static Dwarf_Die *find_unit(Dwfl_Module *module, Dwarf_Addr address, Dwarf_Addr *bias) {
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, bias);
    if (unit)
        return unit;
    while ((unit = dwfl_module_nextcu(module, unit, bias)))
        if (dwarf_haspc(unit, address - *bias) > 0)
            return unit;
    return NULL;
}

/* Functions may be inlined into the named one. Then its own line is where the outermost of them was called.
 * This finds the first inlined function on the way down to the address: through functions, scopes,
 * namespaces. */
static bool find_outermost(Dwarf_Die *scope, Dwarf_Addr address, Dwarf_Die *found) {
    int more = dwarf_child(scope, found);
    for (; more == 0; more = dwarf_siblingof(found, found)) {
        int tag = dwarf_tag(found);
        bool inside = tag == DW_TAG_namespace;
        if (tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine)
            inside = dwarf_haspc(found, address) > 0;
        if (inside && tag == DW_TAG_inlined_subroutine)
            return true;
        Dwarf_Die within;
        if (inside && find_outermost(found, address, &within)) {
            *found = within;
            return true;
        }
    }
    return false;
}

static const char *find_outer_line(Dwarf_Die *unit, Dwarf_Addr address, int *line) {
    Dwarf_Die inlined;
    Dwarf_Files *files;
    Dwarf_Attribute attribute;
    Dwarf_Word file, number;
    if (!find_outermost(unit, address, &inlined) ||
        dwarf_formudata(dwarf_attr(&inlined, DW_AT_call_file, &attribute), &file) != 0 ||
        dwarf_formudata(dwarf_attr(&inlined, DW_AT_call_line, &attribute), &number) != 0 ||
        dwarf_getsrcfiles(unit, &files, NULL) != 0)
        return NULL;
    *line = (int)number;
    return dwarf_filesrc(files, (size_t)file, NULL, NULL);
}

static const char *find_line(Dwfl_Module *module, GElf_Addr address, int *number) {
    Dwarf_Addr bias;
    Dwarf_Die *unit = find_unit(module, address, &bias);
    const char *file = unit ? find_outer_line(unit, address - bias, number) : NULL;
    Dwarf_Line *line = unit && !file ? dwarf_getsrc_die(unit, address - bias) : NULL;
    if (!line || dwarf_lineno(line, number) != 0)
        return file;
    return dwarf_linesrc(line, NULL, NULL);
}

/* The call is before the return address. */
static void name_address(Dwfl_Module *module, GElf_Addr address, struct symbol *symbol) {
    const char *function = module ? dwfl_module_addrname(module, address - 1) : NULL;
    const char *file = module ? find_line(module, address - 1, &symbol->line) : NULL;
    if (function)
        demangle(function, symbol->function, sizeof symbol->function);
    if (file)
        snprintf(symbol->file, sizeof symbol->file, "%s", name_of(file));
}

static void find_names(const struct trace *trace, const struct trace_frame *frame, struct symbol *symbol) {
    name_address(open_module(trace, frame), frame->address, symbol);
}

void symbol_in_module(void *module, uint64_t address, struct symbol *symbol) {
    Dwarf_Addr start = 0;
    const char *path = module ? dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL) : NULL;
    *symbol = (struct symbol){
        .module = path ? name_of(path) : "?", .address = address, .in_module = address - start};
    name_address(module, address, symbol);
}

void symbol_close(void) {
    for (uint32_t index = 0; index < session_count; index++)
        if (sessions && sessions[index].dwfl)
            dwfl_end(sessions[index].dwfl);
    free(sessions);
    sessions = NULL;
    sessions_trace = NULL;
    session_count = 0;
}

#else

static void find_names(const struct trace *trace, const struct trace_frame *frame, struct symbol *symbol) {
    (void)trace;
    (void)frame;
    (void)symbol;
}

void symbol_close(void) {
}

#endif

/* As another tool has named it. */
static void copy_name(const struct trace_name *name, const struct trace_frame *frame, struct symbol *symbol) {
    *symbol = (struct symbol){.module = name->module[0] ? name_of(name->module) : "?",
                              .line = (int)name->line,
                              .address = frame->address,
                              .in_module = frame->address};
    if (name->function[0] == '_') /* else it may be text with dots in it, and demangle would cut it there */
        demangle(name->function, symbol->function, sizeof symbol->function);
    else
        snprintf(symbol->function, sizeof symbol->function, "%s", name->function);
    snprintf(symbol->file, sizeof symbol->file, "%s", name_of(name->file));
}

void symbol_find(const struct trace *trace, const struct trace_frame *frame, struct symbol *symbol) {
    const struct trace_module *module = trace_module(trace, frame->module);
    const struct trace_name *name = trace_name(trace, frame);
    if (name) {
        copy_name(name, frame, symbol);
        return;
    }
    *symbol = (struct symbol){.module = module ? name_of(module->path) : "?",
                              .address = frame->address,
                              .in_module = frame->in_module};
    find_names(trace, frame, symbol);
}

const char *symbol_print(const struct symbol *symbol, char *room, size_t bytes) {
    if (symbol->function[0] && symbol->file[0])
        snprintf(room, bytes, "%s (%s:%d)", symbol->function, symbol->file, symbol->line);
    else if (symbol->function[0])
        snprintf(room, bytes, "%s (%s)", symbol->function, symbol->module);
    else if (strcmp(symbol->module, "?") != 0)
        snprintf(room, bytes, "%s+0x%" PRIx64, symbol->module, symbol->in_module);
    else
        snprintf(room, bytes, "0x%" PRIx64, symbol->address);
    return room;
}

const char *symbol_words(const struct trace *trace, const struct trace_frame *frame, char *room,
                         size_t bytes) {
    struct symbol symbol;
    symbol_find(trace, frame, &symbol);
    return symbol_print(&symbol, room, bytes);
}
