#!/bin/bash
# Threads that free and resize each other's memory: in the trace's one order every object begins before it
# ends, on each allocator; and a program that ends by SIGKILL leaves all that it did.
. "$(dirname "$0")/lib.sh"

program threads
unknown() { # FILE: frees of what was never seen given out
    "$halloc" stat --json "$1" | sed -nE 's/.*"unknown free": ([0-9]+).*/\1/p'
}
for below in "" --below=halloc; do
    # shellcheck disable=SC2086
    status_of 0 "$halloc" trace $below -o threads.htrace -- ./threads
    equal "threads" 7 "$(number threads.htrace threads)"
    equal "unknown frees" 0 "$(unknown threads.htrace)"
    # Six allocate 40,000 each, and one for the key.
    allocations=$("$halloc" stat --json threads.htrace | python3 -c '
import json, sys
kinds = json.load(sys.stdin)["kinds"]
print(kinds["malloc"] + kinds["calloc"] >= 6 * 40001, kinds["thread exit"])')
    equal "allocations and exits" "True 6" "$allocations"
    (($("$halloc" stat --json threads.htrace | grep -o '"ended_of_others": [0-9]*' | awk '{ n += $2 } END { print n }') > 1000)) ||
        fail "hardly anything was freed by another thread: nothing was tested"
    sound threads.htrace
done

status_of 137 "$halloc" trace --stacks=2 -o killed.htrace -- ./threads kill
(($(number killed.htrace operations) > 40000)) || fail "a killed program left $(number killed.htrace operations) operations"
sound killed.htrace

# As it is when nobody finishes it: the recorder alone, killed.
HALLOC_TRACE=0:1:0:1:0:$work/raw LD_PRELOAD=$build_dir/libhalloc-trace.so ./threads kill
raw=$(echo raw.*)
[ -s "$raw" ] || fail "a program killed without halloc trace left nothing"
(($(number "$raw" operations) > 40000)) || fail "the unfinished file has $(number "$raw" operations) operations"
sound "$raw"

# Other allocators, where they are installed.
tried=0
for peer in libjemalloc.so.2 libmimalloc.so.2 libtcmalloc_minimal.so.4; do
    path=$(ldconfig -p | sed -nE "s|.*$peer .*=> (.*)|\1|p" | head -1)
    [ -n "$path" ] || continue
    status_of 0 "$halloc" trace -q "--below=$path" -o peer.htrace -- ./threads
    sound peer.htrace
    equal "unknown frees on $peer" 0 "$(unknown peer.htrace)" # some give 8 bytes to the smallest
    status_of 0 env LD_PRELOAD="$path" "$halloc" trace -q -o peer.htrace -- ./threads
    sound peer.htrace
    tried=$((tried + 1))
done
finish "threads on glibc, Halloc and $tried other allocators; two that were killed"
