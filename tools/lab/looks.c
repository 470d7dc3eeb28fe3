/*
 * looks.c - counts a find that looks for itself like one that calls halloc_probe.
 *
 * The board compares searches by probes, so a policy that does not count them would win. For
 * ThreadSanitizer a compiler calls a function before every read. We let it compile the policy that way, and
 * link it with functions of our own instead:
 *
 *      if (block->size >= size)                      __tsan_read8(&block->size) ---> look
 *      if (my_sizes[i] >= size)                      __tsan_read8(&my_sizes[i]) ---> look
 *
 * A look is a read of a free block's size or next, once for each block and search: the distance to its
 * neighbour is its size, too. It is also a read of memory that the policy keeps elsewhere, once for each word
 * and search; the first few are free. If there are more looks than probes, the difference is added to the
 * probes. Time is measured with the plain object. Who walks by prev or nextFree reads no size, so these are
 * not counted.
 *
 * A file that hides its reads from the compiler, by asm or an attribute, is not counted: it is refused.
 */
#define _GNU_SOURCE 1
#include "../../src/classic/heap.h"
#include "check.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_SEEN 4096
#define WORDS_FREE 2 /* words that a search may read elsewhere: a pointer of its own, an entry of a table */
#define FRAMES_BYTES 65536

/* --- Compiling ---------------------------------------------------------------------------------------- */

static const char reports[] =
    "void (*halloc_lab_read)(const void *address);\n"
    "extern char __dso_handle[] __attribute__((visibility(\"hidden\")));\n"
    "extern char _end[] __attribute__((visibility(\"hidden\")));\n"
    "const char *halloc_lab_own(int end) { return end ? _end : __dso_handle; }\n"
    "void __tsan_read8(void *address) { if (halloc_lab_read) halloc_lab_read(address); }\n"
    "#define SAME(name) void name(void *address) { __tsan_read8(address); }\n"
    "SAME(__tsan_read1) SAME(__tsan_read2) SAME(__tsan_read4) SAME(__tsan_read16)\n"
    "SAME(__tsan_unaligned_read2) SAME(__tsan_unaligned_read4) SAME(__tsan_unaligned_read8)\n"
    "SAME(__tsan_unaligned_read16) SAME(__tsan_volatile_read1) SAME(__tsan_volatile_read2)\n"
    "SAME(__tsan_volatile_read4) SAME(__tsan_volatile_read8) SAME(__tsan_volatile_read16)\n"
    "void __tsan_read_range(char *address, unsigned long bytes) {\n"
    "    for (unsigned long at = 0; at < bytes; at += 8) __tsan_read8(address + at);\n"
    "}\n"
    "void *memcpy(void *to, const void *from, unsigned long bytes) {\n"
    "    __tsan_read_range((char *)from, bytes);\n"
    "    for (unsigned long at = 0; at < bytes; at++) ((volatile char *)to)[at] = ((const char *)from)[at];\n"
    "    return to;\n"
    "}\n"
    "void *memmove(void *to, const void *from, unsigned long bytes) {\n"
    "    if (to <= from) return memcpy(to, from, bytes);\n"
    "    __tsan_read_range((char *)from, bytes);\n"
    "    while (bytes--) ((volatile char *)to)[bytes] = ((const char *)from)[bytes];\n"
    "    return to;\n"
    "}\n"
    "int memcmp(const void *one, const void *other, unsigned long bytes) {\n"
    "    const unsigned char *a = one, *b = other;\n"
    "    __tsan_read_range((char *)one, bytes), __tsan_read_range((char *)other, bytes);\n"
    "    for (unsigned long at = 0; at < bytes; at++) if (a[at] != b[at]) return a[at] - b[at];\n"
    "    return 0;\n"
    "}\n"
    "void *mempcpy(void *to, const void *from, unsigned long bytes) {\n"
    "    return (char *)memcpy(to, from, bytes) + bytes;\n"
    "}\n"
    "void bcopy(const void *from, void *to, unsigned long bytes) { memmove(to, from, bytes); }\n"
    "int bcmp(const void *one, const void *other, unsigned long bytes) { return memcmp(one, other, bytes); "
    "}\n"
    "#define NONE(name) void name(void *address) { (void)address; }\n"
    "NONE(__tsan_write1) NONE(__tsan_write2) NONE(__tsan_write4) NONE(__tsan_write8) NONE(__tsan_write16)\n"
    "NONE(__tsan_unaligned_write2) NONE(__tsan_unaligned_write4) NONE(__tsan_unaligned_write8)\n"
    "NONE(__tsan_volatile_write1) NONE(__tsan_volatile_write2) NONE(__tsan_volatile_write4)\n"
    "NONE(__tsan_volatile_write8) NONE(__tsan_unaligned_write16) NONE(__tsan_func_entry)\n"
    "void __tsan_write_range(void *address, unsigned long bytes) { (void)address, (void)bytes; }\n"
    /* A change of an atomic reads it first. */
    "#define CHANGE(bits, type, name) \\\n"
    "    type __tsan_atomic##bits##_fetch_##name(volatile type *at, type value, int order) { \\\n"
    "        return (void)order, __tsan_read8((void *)at), __atomic_fetch_##name(at, value, 5); \\\n"
    "    }\n"
    "#define COMPARE(bits, type, name) \\\n"
    "    _Bool __tsan_atomic##bits##_compare_exchange_##name(volatile type *at, type *old, type value, \\\n"
    "                                                        int order, int failed) { \\\n"
    "        (void)order, (void)failed, __tsan_read8((void *)at); \\\n"
    "        return __atomic_compare_exchange_n(at, old, value, 0, 5, 5); \\\n"
    "    }\n"
    "#define ATOMIC(bits, type) \\\n"
    "    type __tsan_atomic##bits##_load(const volatile type *at, int order) { \\\n"
    "        return (void)order, __tsan_read8((void *)at), __atomic_load_n(at, 5); \\\n"
    "    } \\\n"
    "    void __tsan_atomic##bits##_store(volatile type *at, type value, int order) { \\\n"
    "        (void)order, __atomic_store_n(at, value, 5); \\\n"
    "    } \\\n"
    "    type __tsan_atomic##bits##_exchange(volatile type *at, type value, int order) { \\\n"
    "        return (void)order, __tsan_read8((void *)at), __atomic_exchange_n(at, value, 5); \\\n"
    "    } \\\n"
    "    COMPARE(bits, type, strong) COMPARE(bits, type, weak) \\\n"
    "    type __tsan_atomic##bits##_compare_exchange_val(volatile type *at, type old, type value, \\\n"
    "                                                    int order, int failed) { \\\n"
    "        return __tsan_atomic##bits##_compare_exchange_strong(at, &old, value, order, failed), old; \\\n"
    "    } \\\n"
    "    CHANGE(bits, type, add) CHANGE(bits, type, sub) CHANGE(bits, type, and) CHANGE(bits, type, or) \\\n"
    "    CHANGE(bits, type, xor) CHANGE(bits, type, nand)\n"
    "ATOMIC(8, unsigned char) ATOMIC(16, unsigned short) ATOMIC(32, unsigned) ATOMIC(64, unsigned long)\n"
    "void __tsan_atomic_thread_fence(int order) { (void)order, __atomic_thread_fence(5); }\n"
    "void __tsan_atomic_signal_fence(int order) { (void)order; }\n"
    "void __tsan_func_exit(void) {}\n"
    "void __tsan_init(void) {}\n";

/* Words that hide reads from the compiler. */
static const char *const hiding[] = {"asm",
                                     "__asm",
                                     "__asm__",
                                     "no_sanitize",
                                     "__no_sanitize__",
                                     "no_sanitize_thread",
                                     "__no_sanitize_thread__",
                                     "disable_sanitizer_instrumentation",
                                     "__builtin_memcpy",
                                     "__builtin_memmove",
                                     "__builtin_mempcpy",
                                     "__builtin_memcmp"};

static const char *find_hiding(const char *line) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    for (line += strcspn(line, letters); *line; line += strcspn(line, letters)) {
        size_t length = strspn(line, letters);
        for (size_t word = 0; word < sizeof hiding / sizeof *hiding; word++)
            if (strlen(hiding[word]) == length && strncmp(line, hiding[word], length) == 0)
                return hiding[word];
        line += length;
    }
    return NULL;
}

/* In a preprocessed file, `# 12 "/usr/include/stdio.h" 1 3` begins a part of a file; 3: the system's. */
static const char *read_hiding(const char *path) {
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    const char *found = NULL;
    bool ours = true;
    while (file && !found && getline(&line, &room, file) > 0) {
        const char *flags = line[0] == '#' && line[1] == ' ' ? strrchr(line, '"') : NULL;
        if (flags)
            ours = !strstr(flags, " 3");
        else if (ours)
            found = find_hiding(line);
    }
    free(line);
    if (file)
        fclose(file);
    return found;
}

enum looks looks_compile(struct compiled *compiled, const char *who, const char *include, const char *source,
                         compiler_call *call) {
    char object[PATH_MAX + 32], ours[PATH_MAX + 32], text[PATH_MAX + 32];
    snprintf(object, sizeof object, "%s/reads.o", compiled->folder);
    snprintf(ours, sizeof ours, "%s/reports.c", compiled->folder);
    snprintf(text, sizeof text, "%s/policy.i", compiled->folder);
    snprintf(compiled->reporting, sizeof compiled->reporting, "%s/reporting.so", compiled->folder);
    const char *const expanded[] = {"-std=gnu17", "-E", include, "-o", text, source, NULL};
    /* Without -fno-builtin it copies records by itself, and tells of no read. */
    const char *const policy[] = {"-std=gnu17",   "-O2",   "-g", "-w",    "-fsanitize=thread",
                                  "-fno-builtin", "-fPIC", "-c", include, "-o",
                                  object,         source,  NULL};
    const char *const linked[] = {"-O2",
                                  "-w",
                                  "-fPIC",
                                  "-shared",
                                  "-fno-sanitize=all",
                                  "-fno-builtin",
                                  "-fno-tree-loop-distribute-patterns",
                                  "-Wl,-Bsymbolic",
                                  object,
                                  ours,
                                  "-o",
                                  compiled->reporting,
                                  NULL};
    if (!call(compiled, who, source, expanded))
        return LOOKS_UNKNOWN;
    const char *hidden = read_hiding(text);
    if (hidden) {
        fprintf(stderr, "%s: %s uses `%s`, so its probes can't be counted\n", who, source, hidden);
        compiled->reporting[0] = 0;
        return LOOKS_HIDDEN;
    }
    if (!file_write(ours, reports) || !call(compiled, who, source, policy) ||
        !call(compiled, who, source, linked)) {
        fprintf(stderr, "%s: probes are counted by halloc_probe alone: this compiler can't tell of reads\n",
                who);
        compiled->reporting[0] = 0;
        return LOOKS_UNKNOWN;
    }
    return LOOKS_COUNTED;
}

/* --- Counting ----------------------------------------------------------------------------------------- */

static const halloc_policy *own;
static halloc_policy counting;
static const struct engine *engine;
static uint64_t *told;

/* For each unit that a block begins in: the last search that looked at it. */
static uint32_t *looked, search;
static size_t looked_count, looks;

/* In a trial the set is a copy (fence.c). */
static const struct engine *engine_of(const halloc_free_set *set) {
    return stage_watch.engine ? stage_watch.engine
                              : (const struct engine *)((const char *)set - offsetof(struct engine, set));
}

/* Memory that the policy keeps elsewhere: not the set, not this function's caller's frame, no constant. */
static const char *constants, *constants_end, *stack;
static const halloc_free_set *set_seen;
static struct word {
    uintptr_t address;
    uint32_t search;
} words[WORDS_SEEN];
static size_t elsewhere;

static bool is_kept(const char *address) {
    const char *here = (const char *)__builtin_frame_address(0);
    return !(address >= here - FRAMES_BYTES && address <= stack + FRAMES_BYTES) &&
           !(address >= (const char *)set_seen && address < (const char *)(set_seen + 1)) &&
           !(address >= constants && address < constants_end);
}

static void look_elsewhere(const char *address) {
    uintptr_t at = (uintptr_t)address / 8;
    struct word *word = &words[at % WORDS_SEEN];
    if (!is_kept(address) || (word->address == at && word->search == search))
        return;
    *word = (struct word){at, search};
    if (++elsewhere > WORDS_FREE)
        looks++;
}

static bool is_free_block(const MemoryBlock *block) {
    return (const char *)block >= engine->base && (const char *)(block + 1) <= engine->top &&
           (uintptr_t)block % ALIGNMENT_BYTES == 0 && block->tag == block_tag(engine, block) && block->isFree;
}

static void look(const void *address) {
    const char *base = engine ? engine->base : NULL;
    uintptr_t aligned = (uintptr_t)address & ~(uintptr_t)7;
    const MemoryBlock *block = (const MemoryBlock *)(aligned - offsetof(MemoryBlock, size));
    if (!base)
        return;
    if ((const char *)address < base || (const char *)address >= engine->top)
        look_elsewhere(address);
    if (!is_free_block(block))
        block = (const MemoryBlock *)(aligned - offsetof(MemoryBlock, next));
    if (!is_free_block(block))
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
    looks = elsewhere = 0;
    search++;
    set_seen = set;
    stack = __builtin_frame_address(0);
    MemoryBlock *found = own->find(set, size);
    engine = NULL;
    if (set->probes < before && stage_watch.engine)
        return found; /* hooks.c blames that */
    if (set->probes < before)
        ((halloc_free_set *)set)->probes = before;
    size_t counted = set->probes - before;
    if (looks > counted) {
        ((halloc_free_set *)set)->probes += looks - counted;
        *told += looks - counted;
    }
    return found;
}

/* No hook takes probes back that were counted. */
static void change(void (*hook)(halloc_free_set *set, MemoryBlock *block), halloc_free_set *set,
                   MemoryBlock *block) {
    size_t before = set->probes;
    hook(set, block);
    if (set->probes < before && !stage_watch.engine)
        set->probes = before;
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    change(own->insert, set, block);
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    change(own->remove, set, block);
}

static void take(halloc_free_set *set, MemoryBlock *block) {
    change(own->take, set, block);
}

const halloc_policy *looks_count(const halloc_policy *policy, uint64_t *uncounted) {
    Dl_info info;
    void *object =
        dladdr((const void *)policy, &info) ? dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD) : NULL;
    void (**reader)(const void *address) = object ? dlsym(object, "halloc_lab_read") : NULL;
    if (!reader)
        return policy;
    const char *(*range)(int end) = dlsym(object, "halloc_lab_own");
    *reader = look;
    constants = info.dli_fbase;
    constants_end = range ? range(0) : constants;
    own = policy;
    told = uncounted;
    counting = *policy;
    counting.find = find;
    counting.insert = insert;
    counting.remove = take_out;
    counting.take = policy->take ? take : NULL;
    return &counting;
}
