/*
 * looks.c - counts a find that reads block->size by itself like one that calls halloc_probe.
 *
 * The board compares searches by probes, so a policy that does not count them would win. For
 * ThreadSanitizer a compiler calls a function before every read. We let it compile the policy that way, and
 * link it with functions of our own instead:
 *
 *      if (block->size >= size)                      __tsan_read8(&block->size) ---> look
 *
 * A look is a read of a free block's size, once for each block and search. If there are more looks than
 * probes, the difference is added to the probes. Time is measured with the plain object.
 */
#define _GNU_SOURCE 1
#include "../../src/classic/heap.h"
#include "check.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- Compiling ---------------------------------------------------------------------------------------- */

static const char reports[] =
    "void (*halloc_lab_read)(const void *address);\n"
    "void __tsan_read8(void *address) { if (halloc_lab_read) halloc_lab_read(address); }\n"
    "void __tsan_unaligned_read8(void *address) { __tsan_read8(address); }\n"
    "void __tsan_read_range(char *address, unsigned long bytes) {\n"
    "    for (unsigned long at = 0; at + 8 <= bytes; at += 8) __tsan_read8(address + at);\n"
    "}\n"
    "#define NONE(name) void name(void *address) { (void)address; }\n"
    "NONE(__tsan_read1) NONE(__tsan_read2) NONE(__tsan_read4) NONE(__tsan_read16)\n"
    "NONE(__tsan_write1) NONE(__tsan_write2) NONE(__tsan_write4) NONE(__tsan_write8) NONE(__tsan_write16)\n"
    "NONE(__tsan_unaligned_read2) NONE(__tsan_unaligned_read4) NONE(__tsan_unaligned_read16)\n"
    "NONE(__tsan_unaligned_write2) NONE(__tsan_unaligned_write4) NONE(__tsan_unaligned_write8)\n"
    "NONE(__tsan_unaligned_write16) NONE(__tsan_func_entry)\n"
    "void __tsan_write_range(void *address, unsigned long bytes) { (void)address, (void)bytes; }\n"
    "void __tsan_func_exit(void) {}\n"
    "void __tsan_init(void) {}\n";

static bool write_reports(const char *path) {
    FILE *out = fopen(path, "we");
    bool good = out && fputs(reports, out) >= 0;
    return out && fclose(out) == 0 && good;
}

bool looks_compile(struct compiled *compiled, const char *include, const char *source, compiler_call *call) {
    char object[PATH_MAX + 32], ours[PATH_MAX + 32];
    snprintf(object, sizeof object, "%s/reads.o", compiled->folder);
    snprintf(ours, sizeof ours, "%s/reports.c", compiled->folder);
    snprintf(compiled->reporting, sizeof compiled->reporting, "%s/reporting.so", compiled->folder);
    const char *const policy[] = {
        "-std=gnu17", "-O2", "-w", "-fsanitize=thread", "-fPIC", "-c", include, "-o", object, source, NULL};
    const char *const linked[] = {"-O2",  "-w", "-fPIC", "-shared",           "-fno-sanitize=all",
                                  object, ours, "-o",    compiled->reporting, NULL};
    const char *who = "halloc lab race";
    if (!write_reports(ours) || !call(compiled, who, source, policy) ||
        !call(compiled, who, source, linked)) {
        fprintf(stderr, "%s: probes are counted by halloc_probe alone: this compiler can't tell of reads\n",
                who);
        compiled->reporting[0] = 0;
    }
    return true;
}

/* --- Counting ----------------------------------------------------------------------------------------- */

static const halloc_policy *own;
static halloc_policy counting;
static const struct engine *engine;
static uint64_t *told;

/* For each unit that a block begins in: the last search that looked at it. */
static uint32_t *looked, search;
static size_t looked_count, looks;

static struct engine *engine_of(const halloc_free_set *set) {
    return (struct engine *)((char *)set - offsetof(struct engine, set));
}

static void look(const void *address) {
    const char *base = engine ? engine->base : NULL;
    const MemoryBlock *block = (const MemoryBlock *)((const char *)address - offsetof(MemoryBlock, size));
    if (!base || (const char *)block < base || (const char *)(block + 1) > engine->top ||
        (uintptr_t)block % ALIGNMENT_BYTES || block->tag != block_tag(engine, block) || !block->isFree)
        return;
    size_t unit = (size_t)((const char *)block - base) / ALIGNMENT_BYTES;
    if (unit >= looked_count || looked[unit] == search)
        return;
    looked[unit] = search;
    looks++;
}

static bool make_room(void) {
    size_t units = (size_t)(engine->top - engine->base) / ALIGNMENT_BYTES + 1;
    if (units <= looked_count)
        return true;
    uint32_t *more = reallocarray(looked, 2 * units, sizeof *more);
    if (!more)
        return false;
    memset(more + looked_count, 0, (2 * units - looked_count) * sizeof *more);
    looked = more;
    looked_count = 2 * units;
    return true;
}

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    size_t before = set->probes;
    engine = engine_of(set);
    if (!make_room())
        abort();
    looks = 0;
    search++;
    MemoryBlock *found = own->find(set, size);
    engine = NULL;
    size_t counted = set->probes - before;
    if (looks > counted) {
        ((halloc_free_set *)set)->probes += looks - counted;
        *told += looks - counted;
    }
    return found;
}

const halloc_policy *looks_count(const halloc_policy *policy, uint64_t *uncounted) {
    Dl_info info;
    void *object =
        dladdr((const void *)policy, &info) ? dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD) : NULL;
    void (**reader)(const void *address) = object ? dlsym(object, "halloc_lab_read") : NULL;
    if (!reader)
        return policy;
    *reader = look;
    own = policy;
    told = uncounted;
    counting = *policy;
    counting.find = find;
    return &counting;
}
