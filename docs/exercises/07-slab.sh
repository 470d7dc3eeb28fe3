# The contract of 07-slab.c: bash exercises/07-slab.sh FILE.c says what is broken first, and exits 0 or 1.
. "$(dirname "$0")/judge.sh"
cat >"$work/contract.c" <<'EOF'
#include FILE_TO_JUDGE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096
#define BYTES (16 * PAGE)
#define UNTOUCHED 0xa5

static void want(bool so, const char *what, size_t slot) {
    if (so)
        return;
    printf("slots of %zu bytes: %s\n", slot, what);
    exit(1);
}

static bool is_untouched(const unsigned char *memory, size_t from) {
    while (from < BYTES && memory[from] == UNTOUCHED)
        from++;
    return from == BYTES;
}

static void try(unsigned char *memory, size_t slot) {
    size_t count = BYTES / slot;
    unsigned char *out = calloc(count, 1);
    struct slab slab;
    memset(memory, UNTOUCHED, BYTES);
    slab_open(&slab, memory, BYTES, slot);
    char *first = slab_take(&slab);
    want(first, "an empty slab gave nothing", slot);
    want(is_untouched(memory, PAGE + 8), "one slot is out, and other pages are written", slot);
    want(!slab_give(&slab, first + 8), "a pointer into a slot was taken for a slot", slot);
    want(!slab_give(&slab, memory + BYTES / slot * slot), "a pointer behind the last slot was taken", slot);
    want(slab_give(&slab, first), "a slot was refused", slot);
    want(slab_take(&slab) == first, "the slot freed last does not go out next", slot);
    out[(first - (char *)memory) / slot] = 1;
    memset(first, 0xff, slot);
    for (size_t taken = 1; taken < count; taken++) {
        char *next = slab_take(&slab);
        want(next, "not all slots that have room were given", slot);
        size_t offset = (size_t)(next - (char *)memory);
        want(offset % slot == 0 && offset / slot < count, "what was given is no slot", slot);
        want(!out[offset / slot]++, "a slot was given twice", slot);
        memset(next, 0xff, slot);
    }
    want(!slab_take(&slab), "more slots were given than have room", slot);
    for (size_t at = count; at-- > 0;)
        want(slab_give(&slab, memory + at * slot), "a slot was refused", slot);
    free(out);
}

int main(int count, char **words) {
    static const size_t sizes[] = {16, 48, 64, 80, 1008, 3072, 5120};
    unsigned char *memory = aligned_alloc(PAGE, BYTES + PAGE);
    for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++)
        try(memory, sizes[index]);
    puts("the contract is kept");
    return count == 2 && dprintf(3, "%s", words[1]) > 0 ? 0 : 1;
}
EOF
compile_contract "$1"
judge "$work/contract"
