#!/bin/bash
# halloc run --fit: each policy serves the program and shows in the report; --policy: one's own as well,
# under either heap.
. "$(dirname "$0")/lib.sh"
program requests

for fit in bump first next best worst segregated buddy tlsf; do
    for heap in process classic; do
        "$halloc" run --json -o report.json --fit=$fit --heap $heap -- ./requests exact 2000 1000 2>err ||
            fail "$fit, $heap: status $?"
        equal "$fit, $heap" "$heap $fit True" \
            "$(reported '"%s %s %s" % (main["heap"], main["fit"], main["policy_finds"] > 0)')"
    done
done
# What the user set stays, and what the options say wins.
HALLOC_CONF=fit:worst,heap:classic "$halloc" run --json -o report.json -- ./requests exact 5
equal "HALLOC_CONF" "classic worst" "$(reported 'main["heap"] + " " + main["fit"]')"
HALLOC_CONF=fit:worst,heap:classic "$halloc" run --json -o report.json --fit next -- ./requests exact 5
equal "HALLOC_CONF and an option" "classic next" "$(reported 'main["heap"] + " " + main["fit"]')"

# --- One's own ----------------------------------------------------------------------------------------------
policy() { # NAME DECLARATION...: mine/NAME.so
    local name=$1
    shift
    mkdir -p mine
    compile_library made -w <<C
#include "halloc.h"
static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *found = NULL;
    for (MemoryBlock *block = set->root[7]; block; block = block->nextFree)
        if (block->size >= size)
            found = block;
    return found;
}
static void insert(halloc_free_set *set, MemoryBlock *block) { halloc_list_push(set, 7, block); }
static void unlink_block(halloc_free_set *set, MemoryBlock *block) { halloc_list_unlink(set, 7, block); }
void *hooks[] = {find, insert, unlink_block};
$*
C
    mv made.so "mine/$name"
}
policy good.so 'const halloc_policy halloc_user_policy = {
    .name = "oldest", .find = find, .insert = insert, .remove = unlink_block};'
for heap in process classic; do
    for words in "--policy mine/good.so" "--policy=$work/mine/good.so"; do
        "$halloc" run --json -o report.json --heap $heap $words -- ./requests exact 2000 1000 || fail "$words: status $?"
        equal "$words, $heap" "oldest True" "$(reported '"%s %s" % (main["fit"], main["policy_finds"] > 0)')"
    done
done
(cd mine && "$halloc" run --json -o ../report.json --policy good.so -- sh -c 'ls' >/dev/null)
equal "a policy in this folder, and a child" "['oldest']" "$(reported 'sorted({record["fit"] for record in all})')"
equal "the child has it, too" True "$(reported 'len(all) >= 2')"

# One that calls exit would end the program before it begins.
policy leaves.so '#include <stdlib.h>
static MemoryBlock *leave(const halloc_free_set *set, size_t size) { exit(0); }
const halloc_policy halloc_user_policy = {
    .name = "leaves", .find = leave, .insert = insert, .remove = unlink_block};'
"$halloc" run --policy mine/leaves.so -- true 2>err
equal "the status of one that leaves" 2 $?
line_in err 'the process ended with status 0, in find'

# One that never finds a block was asked all the same; the report says so, and who finds out why.
policy none_found.so 'static MemoryBlock *never(const halloc_free_set *set, size_t size) {
    return find(set, size) ? find(set, size)->nextFree : NULL;
}
const halloc_policy halloc_user_policy = {
    .name = "never", .find = never, .insert = insert, .remove = unlink_block};'
for heap in process classic; do
    "$halloc" run --heap $heap --policy mine/none_found.so -- ./requests exact 5 2>err && fail "$heap: it found a block"
    line_in err "^  heap +$heap, never fit; its policy made [1-9][0-9,]* finds, [1-9][0-9,]* inserts, "
    line_in err '^ +if requests failed .*: halloc lab check FILE.c$'
    "$halloc" run --json -o report.json --heap $heap --policy mine/none_found.so -- ./requests exact 5
    equal "$heap: finds that all failed" True "$(reported 'main["policy_finds"] > 0 and main["failures"] > 0')"
done
"$halloc" run --policy mine/good.so -- ./requests exact 5 2>err
line_in err '^ +slabs serve small objects; with --heap classic the policy is asked for each$'
grep -q 'halloc lab check' err && fail "a hint where nothing failed"

refused() { # PATTERN OPTION...
    local pattern=$1
    shift
    status_of 2 "$halloc" run "$@" -- sh -c 'echo ran'
    [ -s out ] && fail "'$*' ran all the same"
    line_in err "$pattern"
}
refused '^halloc run: --policy nosuch.so: .*nosuch.so: cannot open' --policy nosuch.so
echo text >mine/text.so
refused '^halloc run: --policy mine/text.so: .*text.so: ' --policy mine/text.so
echo '#include "halloc.h"' >mine/source.c
refused '^halloc run: --policy mine/source\.c: is C source. Compile it first: gcc -O2 -shared -fPIC -I\. mine/source\.c -o mine/source\.so$' \
    --policy mine/source.c
refused '^halloc run: --policy nosuch\.c: .*nosuch\.c: cannot open' --policy nosuch.c
refused '^halloc run: --policy brings the policy, so no --fit beside it' --policy mine/good.so --fit best
policy none.so ''
refused '^halloc run: --policy mine/none.so: does not define `const halloc_policy halloc_user_policy`' --policy mine/none.so
policy lacking.so 'const halloc_policy halloc_user_policy = {.name = "x", .find = find, .remove = unlink_block};'
refused "^halloc run: --policy mine/lacking.so: halloc_user_policy lacks insert" --policy mine/lacking.so
policy nameless.so 'const halloc_policy halloc_user_policy = {.find = find, .insert = insert, .remove = unlink_block};'
refused '^halloc run: --policy mine/nameless.so: halloc_user_policy lacks a name' --policy mine/nameless.so
policy long.so 'const halloc_policy halloc_user_policy = {
    .name = "one_whose_name_does_not_fit_a_record", .find = find, .insert = insert, .remove = unlink_block};'
refused "^halloc run: --policy mine/long.so: the policy's name, .*, is too long for a report" --policy mine/long.so
policy taken.so 'const halloc_policy halloc_user_policy = {
    .name = "best", .find = find, .insert = insert, .remove = unlink_block};'
refused "^halloc run: --policy mine/taken.so: 'best' is the name of a policy that halloc has already" --policy mine/taken.so
# A hook that calls malloc would wait for itself: inside malloc, whose lock is held.
hook() { # NAME STATEMENT: a policy whose find does that first
    policy "$1" "#include <stdio.h>
#include <stdlib.h>
static MemoryBlock *other(const halloc_free_set *set, size_t size) {
    $2
    return find(set, size);
}
const halloc_policy halloc_user_policy = {
    .name = \"mine\", .find = other, .insert = insert, .remove = unlink_block};"
}
hook prints.so 'printf("%zu\n", size);'
refused '^halloc run: --policy mine/prints.so: find called malloc. A hook runs inside malloc' --policy mine/prints.so
hook frees.so 'static void *volatile kept; free(kept); kept = calloc(1, 9);'
refused '^halloc run: --policy mine/frees.so: find called calloc' --policy mine/frees.so
hook loops.so 'for (volatile int at = 0; set->finds > 9; at++);'
refused '^halloc run: --policy mine/loops.so: it does not come to an end within .* in find' --policy mine/loops.so
policy exits.so '#include <stdlib.h>
__attribute__((constructor)) static void load(void) { _Exit(0); }
const halloc_policy halloc_user_policy = {
    .name = "exits", .find = find, .insert = insert, .remove = unlink_block};'
refused '^halloc run: --policy mine/exits.so: the process ended with status 0, while the file was loaded' --policy mine/exits.so
# What shows only later ends the program, and the report says where to look.
hook aborts.so 'if (set->finds > 20000) abort();'
"$halloc" run --heap classic --policy mine/aborts.so -- ./requests exact 50000 1000 2>err
equal "status of an abort" 134 $?
line_in err '^halloc run: it ran on a policy of its own, mine/aborts.so: halloc lab check on its source$'

finish "six policies under two heaps, and one's own"
