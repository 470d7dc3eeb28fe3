/* inlined.c - see inlined.h. */
#include "inlined.h"

#ifdef HALLOC_LIBDW
#include "demangle.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>

#include <stdio.h>
#include <string.h>

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

/* The inlined functions on the way down to the address, the outermost first: through functions, scopes,
 * namespaces, and types, in which Rust's methods stand. */
static unsigned descend(Dwarf_Die *scope, Dwarf_Addr address, Dwarf_Die *chain, unsigned count) {
    Dwarf_Die child;
    for (int more = dwarf_child(scope, &child); more == 0; more = dwarf_siblingof(&child, &child)) {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_enumeration_type) {
            unsigned found = descend(&child, address, chain, count);
            if (found > count)
                return found;
        }
        bool is_code =
            tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine;
        if (!is_code || dwarf_haspc(&child, address) <= 0)
            continue;
        if (tag == DW_TAG_inlined_subroutine && count < SYMBOLS_MOST - 1)
            chain[count++] = child;
        return descend(&child, address, chain, count);
    }
    return count;
}

static void set_file(struct symbol *symbol, const char *path, int line) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (!path)
        return;
    snprintf(symbol->file, sizeof symbol->file, "%s", slash ? slash + 1 : path);
    symbol->line = line;
}

static void set_name(struct symbol *symbol, Dwarf_Die *function) {
    Dwarf_Attribute attribute;
    const char *name = dwarf_formstring(dwarf_attr_integrate(function, DW_AT_linkage_name, &attribute));
    if (!name)
        name = dwarf_diename(function);
    if (name)
        demangle(name, symbol->function, sizeof symbol->function);
}

static void set_call(struct symbol *symbol, Dwarf_Die *unit, Dwarf_Die *inlined) {
    Dwarf_Attribute attribute;
    Dwarf_Word file, line;
    Dwarf_Files *files;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) == 0 &&
        dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0 &&
        dwarf_getsrcfiles(unit, &files, NULL) == 0)
        set_file(symbol, dwarf_filesrc(files, (size_t)file, NULL, NULL), (int)line);
}

static void set_line(struct symbol *symbol, Dwarf_Die *unit, Dwarf_Addr address) {
    int number;
    Dwarf_Line *line = dwarf_getsrc_die(unit, address);
    if (line && dwarf_lineno(line, &number) == 0)
        set_file(symbol, dwarf_linesrc(line, NULL, NULL), number);
}

/* A compiler's part of a function ("read.part.0") has that function inlined: it is one to the reader. */
static unsigned drop_parts(struct symbol *symbols, unsigned count) {
    unsigned kept = 1;
    for (unsigned at = 1; at < count; at++)
        if (strcmp(symbols[at].function, symbols[kept - 1].function) == 0)
            symbols[kept - 1].inlined = symbols[at].inlined;
        else
            symbols[kept++] = symbols[at];
    return kept;
}

unsigned inlined_find(void *module, uint64_t address, struct symbol symbols[SYMBOLS_MOST]) {
    Dwarf_Die chain[SYMBOLS_MOST - 1];
    Dwarf_Addr bias;
    Dwarf_Die *unit = find_unit(module, address, &bias);
    unsigned count = unit ? descend(unit, address - bias, chain, 0) : 0;
    if (unit)
        set_line(&symbols[0], unit, address - bias);
    for (unsigned at = 0; at < count; at++) {
        symbols[at].inlined = true;
        set_name(&symbols[at], &chain[count - 1 - at]);
        set_call(&symbols[at + 1], unit, &chain[count - 1 - at]);
    }
    const char *function = dwfl_module_addrname(module, address);
    if (function)
        demangle(function, symbols[count].function, sizeof symbols[count].function);
    return drop_parts(symbols, count + 1);
}

#else

unsigned inlined_find(void *module, uint64_t address, struct symbol symbols[SYMBOLS_MOST]) {
    (void)module, (void)address, (void)symbols;
    return 1;
}

#endif
