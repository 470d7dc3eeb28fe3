#!/bin/bash
# A policy of one's own, brought by a preloaded object, runs a real program's malloc; and a classic heap
# serves python3 from headers in front of its objects.
. "$(dirname "$0")/lib.sh"

compile_library mine -DHALLOC_IN_USE=1 <<'END'
#include "halloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static size_t finds, inserts, removes;
static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    finds++;
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree)
        if (block->size >= size)
            return block;
    return NULL;
}
static void insert(halloc_free_set *set, MemoryBlock *block) { inserts++; halloc_list_push(set, 0, block); }
static void take_out(halloc_free_set *set, MemoryBlock *block) { removes++; halloc_list_unlink(set, 0, block); }
const halloc_policy halloc_user_policy = {
    .name = "mine", .summary = "first fit, counted", .find = find, .insert = insert, .remove = take_out,
};
__attribute__((destructor)) static void tell(void) {
    char line[100];
    int length = snprintf(line, sizeof line, "mine: %zu finds, %zu inserts, %zu removes\n", finds, inserts, removes);
    if (getenv("TELL") && write(2, line, (size_t)length) < 0)
        return; /* timeout has closed its own */
}
END

python=$(python3 -c "import sys; print(sys.executable)") # not a wrapper in shell
program='import sys; d = {i: "x" * (i % 5000) for i in range(20000)}; b = [bytearray(100000) for i in range(50)]; print(len(d), sum(map(len, b)))'
for conf in fit:mine heap:classic,fit:mine; do
    HALLOC_CONF=$conf TELL=1 PYTHONMALLOC=malloc on_halloc "$work/mine.so" -- "$python" -c "$program" >out 2>err ||
        die "python3 on a policy of one's own, $conf: $(<err)"
    [[ $(<out) == "20000 5000000" ]] || die "$conf: $(<out)"
    read -r _ finds _ inserts _ removes _ < <(tail -n 1 err)
    ((finds > 100 && inserts > 100 && removes > 100)) || die "$conf: the policy was hardly asked: $(<err)"
done
HALLOC_CONF=fit:first TELL=1 on_halloc "$work/mine.so" -- ./is_ours 2>err
[[ $(tail -n 1 err) == "mine: 0 finds, 0 inserts, 0 removes" ]] || die "asked without being chosen: $(<err)"

# A header of 32 bytes before each object: its size, its neighbours, not free.
cat >headers.py <<'END'
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.free.restype = None  # an int that it returned would be an object, perhaps in the place that was freed
libc.malloc_usable_size.argtypes = [ctypes.c_void_p]
libc.malloc_usable_size.restype = ctypes.c_size_t

class MemoryBlock(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("next", ctypes.c_void_p), ("prev", ctypes.c_void_p),
                ("isFree", ctypes.c_int), ("tag", ctypes.c_uint)]

for size in [1, 100, 5000, 70000, 3000000]:
    payload = libc.malloc(size)
    block = MemoryBlock.from_address(payload - 32)
    assert size <= block.size < 2 * size + 200, (size, block.size)
    assert block.size == libc.malloc_usable_size(payload)
    assert block.isFree == 0
    if block.next:
        assert block.next == payload + block.size, "the next header stands where this block ends"
        assert MemoryBlock.from_address(block.next).prev == payload - 32
    libc.free(payload)
    if size == 5000:
        assert block.isFree == 1
print("headers in front of payloads")
END
for fit in bump first next best worst segregated buddy tlsf; do
    text=$(HALLOC_CONF=heap:classic,fit:$fit PYTHONMALLOC=malloc on_halloc -- "$python" headers.py) ||
        die "python3 on a classic heap with $fit fit"
    [[ $text == "headers in front of payloads" ]] || die "$fit: $text"
done
echo "policies of one's own, and classic heaps, serve python3"
