#!/bin/bash
# The smallest trace: it is saved, is a trace like any other, and fails the same way; without any one of its
# operations it would not. What is printed names the operation, draws the heap, and says what to do.
. "$(dirname "$0")/lib.sh"

planted 3 # REMOVE_FORGETS
[ -f planted.failing.htrace ] || fail "not saved"
cp out first
CC="gcc -DMISTAKE=3" status_of 1 "$halloc" lab check planted.c planted.failing.htrace --json
equal "again: the same rule" "$(json 'verdict["rule"]' first)" "$(json 'verdict["rule"]')"
equal "again: the same trace" "$(json 'verdict["minimal_trace"]' first)" \
    "$(json 'verdict["minimal_trace"]')"
count=$(json 'len(verdict["minimal_trace"])')
equal "the failing operation is the last" $((count - 1)) "$(json 'verdict["operation"]')"
CC="gcc -DMISTAKE=0" status_of 0 "$halloc" lab check planted.c planted.failing.htrace
status_of 0 "$halloc" stat planted.failing.htrace
status_of 0 "$halloc" replay planted.failing.htrace --with first --check

# The heap in JSON tiles, and the block to blame is there.
planted 1 # INSERT_FORGETS
equal "the heap before" True "$(json 'len(verdict["heap_before"]) > 1')"
equal "a free block on no list" True "$(json 'any(b["free"] and "list" not in b for b in verdict["heap"])')"
equal "before, all was well" False "$(json 'any(b["free"] and "list" not in b for b in verdict["heap_before"])')"
tiles='all(a["offset"] + a["size"] + 32 == b["offset"] for a, b in zip(verdict["heap"], verdict["heap"][1:]))'
equal "blocks tile the heap" True "$(json "$tiles")"

# For people.
CC="gcc -DMISTAKE=1" status_of 1 "$halloc" lab check planted.c
line_in out '^planted.c: policy "planted"$'
line_in out 'sawtooth +800 operations +FAILED'
line_in out 'first at operation [0-9]+ of sawtooth'
line_in out 'Invariant 4: A free block is on exactly one free list'
line_in out 'The smallest trace .*3 operations of 800, saved as planted.failing.htrace'
line_in out '^ +2  free\(.\) +<-- here'
line_in out 'heap  \|[#.|0-9a-z ]+$'
line_in out 'free, on no list  <--'
equal "two heaps" 2 "$(grep -c '^The heap ' out)"
line_in out 'gdb -q -ex run --args halloc lab check planted.c planted.failing.htrace --stop'

# A hook that only looked has changed nothing: one picture is enough.
CC="gcc -DMISTAKE=7" status_of 1 "$halloc" lab check planted.c # FIND_TOO_SMALL
line_in out '^The heap, the same before it and when it broke, '
equal "one heap" 1 "$(grep -c '^The heap' out)"

# Where the trace can't be saved, the reason is the true one.
mv planted.failing.htrace saved.htrace
echo text >planted.failing.htrace
CC="gcc -DMISTAKE=7" status_of 1 "$halloc" lab check planted.c
line_in err '^halloc lab check: planted.failing.htrace exists and is no trace: not overwritten$'

# A trace of a real program, deep inside it: the very operation, though a large heap is not looked at after each.
cat >late.c <<'C'
#include "halloc.h"
static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree)
        if (halloc_probe(set, block) >= size)
            return block;
    return NULL;
}
static void insert(halloc_free_set *set, MemoryBlock *block) {
    if (block->size > 60000 && block->next)
        return;
    halloc_list_push(set, 0, block);
}
static void take_out(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 0, block);
}
const halloc_policy halloc_user_policy = {.name = "late", .find = find, .insert = insert, .remove = take_out};
C
status_of 1 "$halloc" lab check late.c "$source_dir/traces/sqlite3.htrace" --json
equal "late: the rule" insert-forgets "$(json 'verdict["rule"]')"
equal "late: the operation" 25136 "$(json 'verdict["operation"]')"
equal "late: made small" True "$(json 'len(verdict["minimal_trace"]) <= 4')"

# Ctrl-C ends the search for the smallest trace, not the command: what broke is said. This search would take hours.
sed 's/^static MemoryBlock \*find(.*/#include <unistd.h>\n&\n    usleep(5000);\n    if (set->finds > 200)\n        return set->root[0];/' \
    late.c >slow.c
for delay in 2 8 32 128; do # until it searches: before, Ctrl-C ends it
    python3 - "$halloc" $delay >out 2>err <<'PYTHON'
import signal, subprocess, sys
check = subprocess.Popen([sys.argv[1], "lab", "check", "slow.c"])
try:
    check.wait(float(sys.argv[2]))
except subprocess.TimeoutExpired:
    check.send_signal(signal.SIGINT)
sys.exit(abs(check.wait()))
PYTHON
    status=$?
    [ $status = 2 ] || break
done
equal "interrupted: status" 1 $status
line_in out '^What broke, first at operation [0-9]+ of [a-z]+:$'
line_in out '^A smaller trace that fails the same way, [0-9]+ operations of [0-9,]+, saved as slow.failing.htrace:'
finish "the smallest trace, and what is said of it"
