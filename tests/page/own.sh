#!/bin/bash
# A policy that is written in the page, in JavaScript: it counts on a real trace as its translation to C does under
# `halloc replay`, and `halloc lab check` takes the translation. Planted faults are found, by few calls. What the page's
# language does not have is refused, with the line.
. "$(dirname "$0")/lib.sh"
need_page node
own() {
    node "$test_dir/own.js" "$@"
}

"$build_dir/trace_calls" "$source_dir/traces/git.htrace" >calls.txt || fail "trace_calls"
policies=0
for policy in first "$test_dir"/policies/*.js; do
    name=$(basename "$policy" .js)
    own c "$policy" >"$name.c" || fail "$name: no C"
    ${CC:-cc} -Wall -Wextra -Werror -shared -fPIC -I "$source_dir" -o "$name.so" "$name.c" || fail "$name: gcc"
    "$halloc" lab check "$name.c" >out 2>&1 || fail "halloc lab check $name.c: $(tail -3 out)"
    "$halloc" replay "$source_dir/traces/git.htrace" --policy "./$name.so" --with mine --repeat=0 --json >out || fail "replay"
    wanted=$(json '" ".join(str(it["policies"][0][name]) for name in "peak_heap_bytes allocations finds probes splits merges moved resized_in_place".split())')
    equal "$name: counts in the page" "$wanted" "$(own run "$build_dir/halloc.wasm" calls.txt "$policy")"
    policies=$((policies + 1))
done
equal "policies" 5 $policies

own broken "$build_dir/halloc.wasm" >broken.txt || fail "broken"
cat >wanted.txt <<'TEXT'
1: a block in use is on a free list
3: a free block is on no free list
4: line 5: the loop does not end
4: find gives a block of 16 bytes for 400: the program would write into the next block
1: find gives null again and again, although the heap grew. Does it look at the list that insert fills?
0: size of a block is the engine's: a policy writes nextFree and prevFree alone
1: find changes nothing: the heap also calls it only to look
3: a free list's links disagree
0: set.root has the places 0 to 263, not 999
1: line 17: null has no members
1: a block in use is on a free list
0: 4064 - 10000 is below zero: in C that is a very large number
4: line 5: null has no members
sound
TEXT
cmp broken.txt wanted.txt || { fail "faults that were planted:"; diff wanted.txt broken.txt; }

own refused >refused.txt || fail "refused"
cat >wanted.txt <<'TEXT'
line 1: expected "function", not "let"
line 1: find returns a block, and this is a number
line 1: the function insert is missing
line 6: a block has no later
line 5: "/" is not known here
line 5: there are no negative numbers: sizes in C have none
line 4: int has a meaning of its own in C: choose another name
line 12: there is no function log above this line
line 7: find returns a block, and this is yes or no
line 3: find has two parameters: set, and size
line 4: expected a value, not ")"
line 3: find can end without a return: what does it give then?
line 3: find can end without a return: what does it give then?
line 4: var is not known here: write let
line 5: undefined is not known here: write null
line 4: set.root is all the lists: set.root[0] is the head of the first
line 5: < works on a number, and this is a block
line 20: """ is not known here
TEXT
cmp refused.txt wanted.txt || { fail "what is refused:"; diff wanted.txt refused.txt; }
finish "$policies policies of the page, as natively"
