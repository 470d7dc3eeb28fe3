#!/bin/bash
# Of the process heap: each byte has its place in the ledger, and those who keep nearly empty slabs are named.
. "$(dirname "$0")/../map/lib.sh"
program pinning -fno-omit-frame-pointer -pthread
"$halloc" trace -o pinning.htrace --stacks=2 -- ./pinning >out 2>err || fail "trace: $(cat err)"

explain() { # OPTION...
    "$halloc" explain --with process "$@" pinning.htrace >out 2>err || fail "explain $*: $(cat err)"
}
explain --at end
line_in out '^In the process heap, [0-9.]+ MiB:$'
line_in out 'can.t go, for [0-9]+ slabs at most half full hold some objects: 100 % of that is kept by [34][0-9][0-9] blocks from keep.*, never freed'
line_in out '^Of the free slots .*thread 0 '
cp out first
explain --at end
cmp -s first out || fail "two replays differ: $(diff first out)"

explain --at end --json
equal "all bytes have their place" True "$(json 'sum(answer[part + "_bytes"] for part in ("asked", "rounding",
    "free_slots", "not_cut", "kept", "dirty", "clean", "own")) == answer["heap_bytes"]')"
equal "what is live is asked for" True "$(json 'answer["asked_bytes"] == answer["live_bytes"]')"
equal "most of the free slots are in slabs that are kept" True "$(json '(0.9 * answer["free_slots_bytes"] <
    answer["sparse_free_bytes"] <= answer["free_slots_bytes"])')"
equal "parts of slabs are not cut yet" True "$(json 'answer["not_cut_bytes"] > 0')"

# Threads are kept apart: slabs have several owners.
"$halloc" gen vectors -o threads.htrace --operations=20000 --live=2000 --threads=3 >/dev/null || fail "gen"
"$halloc" explain --with process threads.htrace >out 2>err || fail "explain threads: $(cat err)"
for thread in 0 1 2; do line_in out "^Of the free slots .*thread $thread .*of [0-9]"; done

explain --at peak
line_in out '^In the process heap'
grep -q 'fit' out && fail "the process heap has no fit policy: $(grep fit out)"

# A large block, one that its thread keeps, and one that moves.
rep large "a 0 40" "a 1 300000" "r 1 900000" "f 1" "a 2 40"
"$halloc" explain --with process --at op:1 large.htrace >out 2>err || fail "explain op:1: $(cat err)"
line_in out 'It got 304.0 KiB at 0x[0-9a-f]+, a block of its own'
"$halloc" explain --with process --at op:4 large.htrace >out 2>err || fail "explain op:4: $(cat err)"
line_in out 'It got 48 B at 0x[0-9a-f]+, a slot of a slab'
"$halloc" explain --with process --at fail large.htrace >out 2>err || fail "explain fail: $(cat err)"
line_in out '^No operation fails under the process heap'

# Pictures.
"$halloc" map --with process --tty pinning.htrace >out 2>err || fail "map --tty: $(cat err)"
line_in out '^process heap: heap [0-9.]+ MiB: asked for .* headers 0.0 %'
"$halloc" map --with process,first --svg both.svg pinning.htrace >out 2>err || fail "map --svg: $(cat err)"
line_in both.svg '>process heap<'
"$halloc" map --with help >out
line_in out '^process .*slabs'
finish "the process heap of a program that pins its slabs"
