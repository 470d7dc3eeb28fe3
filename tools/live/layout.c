/* layout.c - see layout.h. */
#include "layout.h"

#ifndef HALLOC_LIBDW

const char *layout_read(const char *path, struct layout *layout) {
    (void)path;
    *layout = (struct layout){0};
    return "this command was built without elfutils' libdw (Debian: libdw-dev)";
}

#else
#include "../../src/sample/guard.h"
#include "../../src/thread/thread_cache.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define MEMBER(type, member) #type, #member, offsetof(struct type, member), sizeof(struct type)
#define BLOCK_MEMBER(member) "MemoryBlock", #member, offsetof(MemoryBlock, member), sizeof(MemoryBlock)

static const struct member {
    const char *type, *name;
    size_t offset, type_bytes;
} members[] = {
    {MEMBER(region, base)},
    {MEMBER(region, bytes)},
    {MEMBER(region, slabs)},
    {MEMBER(region, notes_distance)},
    {MEMBER(region, lock)},
    {MEMBER(region, engine)},
    {MEMBER(region, dirty_units)},
    {MEMBER(region, part)},
    {MEMBER(region, usable)},
    {MEMBER(region, limit_units)},
    {MEMBER(engine, base)},
    {MEMBER(engine, top)},
    {MEMBER(engine, granule)},
    {MEMBER(engine, table)},
    {MEMBER(engine, used_bytes)},
    {MEMBER(engine, peak_used_bytes)},
    {MEMBER(lock, state)},
    {BLOCK_MEMBER(size)},
    {BLOCK_MEMBER(isFree)},
    {MEMBER(slab, owner)},
    {MEMBER(slab, last)},
    {MEMBER(slab, free)},
    {MEMBER(slab, kind)},
    {MEMBER(slab, size_class)},
    {MEMBER(slab, state)},
    {MEMBER(slab_links, remote)},
    {MEMBER(thread_cache, next)},
    {MEMBER(thread_cache, holder)},
    {MEMBER(thread_cache, list)},
    {MEMBER(thread_cache, active)},
    {MEMBER(thread_cache, large)},
    {MEMBER(thread_cache, foreign)},
    {MEMBER(large_cache, place)},
    {MEMBER(large_cache, bytes)},
    {MEMBER(foreign, first)},
    {MEMBER(conf, heap)},
    {MEMBER(conf, harden)},
    {MEMBER(conf, purge)},
    {MEMBER(conf, thp)},
    {MEMBER(conf, live)},
    {MEMBER(conf, reserve_bytes)},
    {MEMBER(conf, sample_bytes)},
    {MEMBER(site, bytes)},
    {MEMBER(site, depth)},
    {MEMBER(site, frame)},
    {MEMBER(sample, object)},
    {MEMBER(sample, size)},
    {MEMBER(sample, weight)},
    {MEMBER(sample, birth)},
    {MEMBER(sample, site)},
    {MEMBER(guarded, state)},
    {MEMBER(counters, magic)},
    {MEMBER(counters, allocations)},
    {MEMBER(counters, purged_bytes)},
};

static const struct constant {
    const char *name;
    unsigned value;
} constants[] = {
    {"UNIT_NONE", UNIT_NONE},     {"UNIT_SLAB", UNIT_SLAB},       {"UNIT_BLOCK", UNIT_BLOCK},
    {"UNIT_CACHED", UNIT_CACHED}, {"UNIT_SAMPLED", UNIT_SAMPLED}, {"TABLES", TABLES},
    {"SLAB_ACTIVE", SLAB_ACTIVE}, {"SLAB_PARTIAL", SLAB_PARTIAL}, {"SLAB_FULL", SLAB_FULL},
    {"SLAB_SHARED", SLAB_SHARED},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- Structures ---------------------------------------------------------------------------------------- */

static Dwarf_Word number(Dwarf_Die *die, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Word value = UINT64_MAX;
    if (dwarf_attr(die, name, &attribute))
        dwarf_formudata(&attribute, &value);
    return value;
}

static bool is_named(Dwarf_Die *die, const char *name) {
    const char *own = dwarf_diename(die);
    return own && strcmp(own, name) == 0;
}

/* How many members of the list this structure has at their places. */
static size_t agreeing_members(Dwarf_Die *type) {
    size_t count = 0;
    Dwarf_Die child;
    if (dwarf_child(type, &child) != 0)
        return 0;
    do {
        Dwarf_Word offset = number(&child, DW_AT_data_member_location);
        for (size_t index = 0; index < COUNT(members); index++)
            count += is_named(type, members[index].type) && is_named(&child, members[index].name) &&
                     number(type, DW_AT_byte_size) == members[index].type_bytes &&
                     offset == members[index].offset;
    } while (dwarf_siblingof(&child, &child) == 0);
    return count;
}

static size_t agreeing_constants(Dwarf_Die *type) {
    size_t count = 0;
    Dwarf_Die child;
    if (dwarf_child(type, &child) != 0)
        return 0;
    do {
        for (size_t index = 0; index < COUNT(constants); index++)
            count += is_named(&child, constants[index].name) &&
                     number(&child, DW_AT_const_value) == constants[index].value;
    } while (dwarf_siblingof(&child, &child) == 0);
    return count;
}

static bool agrees(Dwarf_Die *unit) {
    size_t members_seen = 0, constants_seen = 0;
    Dwarf_Die child;
    if (dwarf_child(unit, &child) != 0)
        return false;
    do {
        if (dwarf_tag(&child) == DW_TAG_structure_type)
            members_seen += agreeing_members(&child);
        else if (dwarf_tag(&child) == DW_TAG_enumeration_type)
            constants_seen += agreeing_constants(&child);
    } while (dwarf_siblingof(&child, &child) == 0);
    return members_seen == COUNT(members) && constants_seen == COUNT(constants);
}

/* The library is compiled from one file, halloc.c. */
static const char *check_structures(Dwfl_Module *module) {
    Dwarf_Addr bias;
    Dwarf_Die *unit = NULL;
    while ((unit = dwfl_module_nextcu(module, unit, &bias))) {
        const char *name = dwarf_diename(unit), *slash = name ? strrchr(name, '/') : NULL;
        if (name && strcmp(slash ? slash + 1 : name, "halloc.c") == 0)
            return agrees(unit) ? NULL
                                : "its Halloc is another version, with other structures than this command's";
    }
    return "its Halloc has no debugging information: it was stripped, or built without -g";
}

/* --- Variables ----------------------------------------------------------------------------------------- */

/* The library's variables are local to its file, in the symbol table behind the name of that file. */
static bool find_variables(Dwfl_Module *module, struct layout *layout) {
    struct {
        const char *name;
        uint64_t *to;
    } const wanted[] = {{"region", &layout->region},     {"caches", &layout->caches},
                        {"conf", &layout->conf},         {"counters", &layout->counters},
                        {"counting", &layout->counting}, {"slot_bytes_table", &layout->slot_bytes_table},
                        {"sites", &layout->sites},       {"guarded", &layout->guarded}};
    size_t found = 0;
    bool in_file = false;
    int symbols = dwfl_module_getsymtab(module);
    for (int index = 1; index < symbols; index++) {
        GElf_Sym symbol;
        GElf_Addr address;
        const char *name = dwfl_module_getsym_info(module, index, &symbol, &address, NULL, NULL, NULL);
        if (!name)
            continue;
        if (GELF_ST_TYPE(symbol.st_info) == STT_FILE)
            in_file = strcmp(name, "halloc.c") == 0;
        if (strcmp(name, "halloc_malloc") == 0 && symbol.st_shndx != SHN_UNDEF)
            layout->has_halloc = true;
        for (size_t each = 0; in_file && each < COUNT(wanted); each++) {
            if (GELF_ST_TYPE(symbol.st_info) != STT_OBJECT || strcmp(name, wanted[each].name) != 0)
                continue;
            *wanted[each].to = symbol.st_value;
            found++;
        }
    }
    return found == COUNT(wanted);
}

static void read_build_id(Dwfl_Module *module, struct layout *layout) {
    const unsigned char *bits;
    GElf_Addr address;
    int bytes = dwfl_module_build_id(module, &bits, &address);
    for (int at = 0; at < bytes && at < 20; at++)
        snprintf(layout->build_id + 2 * at, 3, "%02x", bits[at]);
}

static void read_first(Dwfl_Module *module, struct layout *layout) {
    GElf_Addr bias;
    Elf *elf = dwfl_module_getelf(module, &bias);
    size_t count = 0;
    elf_getphdrnum(elf, &count);
    for (size_t index = 0; index < count; index++) {
        GElf_Phdr part;
        if (gelf_getphdr(elf, (int)index, &part) && part.p_type == PT_LOAD) {
            layout->first = part.p_vaddr - part.p_offset;
            return;
        }
    }
}

static const char *read_module(Dwfl_Module *module, struct layout *layout) {
    read_build_id(module, layout);
    read_first(module, layout);
    bool found = find_variables(module, layout);
    if (!layout->has_halloc)
        return "does not run on Halloc: no file libhalloc.so* is loaded, and its program has no halloc.o in "
               "it";
    return found ? check_structures(module)
                 : "its Halloc has no symbols: it was stripped, or is not of halloc.c";
}

const char *layout_read(const char *path, struct layout *layout) {
    static char no_debuglink[] = "+:.debug:/usr/lib/debug";
    static char *debug_path = no_debuglink;
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo,
                                             .section_address = dwfl_offline_section_address,
                                             .debuginfo_path = &debug_path};
    *layout = (struct layout){0};
    Dwfl *dwfl = dwfl_begin(&callbacks);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    dwfl_report_begin(dwfl);
    Dwfl_Module *module = file >= 0 ? dwfl_report_offline(dwfl, path, path, file) : NULL;
    dwfl_report_end(dwfl, NULL, NULL);
    if (!module && file >= 0)
        close(file);
    const char *why = module ? read_module(module, layout) : "the file that has Halloc in it can't be read";
    dwfl_end(dwfl);
    return why;
}

#endif
