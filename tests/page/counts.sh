#!/bin/bash
# The page's engine counts as the native one does, to the byte: the shipped traces under the policies, replayed under
# node by the page's own scripts, against `halloc replay`. Best and worst fit look at all free blocks, some 4,000 million
# in five of the traces, and next fit at many. So they run on the other two; with PAGE_COUNTS=all on all seven.
. "$(dirname "$0")/lib.sh"
need_page node

all=bump,first,next,best,worst,segregated,buddy,tlsf
of_trace() { # TRACE: the policies to try on it
    case ${PAGE_COUNTS:-}/$1 in
    all/* | */git | */sqlite3) echo $all ;;
    *) echo bump,first,segregated,buddy,tlsf ;;
    esac
}
natively() { # TRACE POLICIES
    "$halloc" replay "$1" --with "$2" --repeat=0 --json >native.json || fail "halloc replay $1"
    python3 - <<'PYTHON'
import json
names = ("peak_overhead average_overhead peak_heap_bytes end_heap_bytes average_heap_bytes peak_live_bytes failures "
         "allocations finds probes splits merges probes_per_allocation probes_p999 splits_per_allocation moved "
         "resized_in_place").split()
for policy in json.load(open("native.json"), parse_float=str)["policies"]:
    print(policy["name"], *(f"{name}={policy[name]}" for name in names))
PYTHON
}
traces=0 runs=0
for trace in "$source_dir"/traces/*.htrace; do
    name=$(basename "$trace" .htrace)
    traces=$((traces + 1))
    "$build_dir/trace_calls" "$trace" >calls.txt || fail "trace_calls $name"
    policies=$(of_trace "$name")
    natively "$trace" "$policies" >wanted.txt
    node "$test_dir/counts.js" "$build_dir/halloc.wasm" calls.txt "$policies" >got.txt || fail "counts.js $name"
    runs=$((runs + $(wc -l <got.txt)))
    sed -i '/^buddy /s/ merges=[0-9]*//' wanted.txt got.txt # they vary with the address of the heap, natively too
    cmp wanted.txt got.txt || { fail "$name counts otherwise in the page:"; diff wanted.txt got.txt; }
done
equal "traces" 7 "$traces"
((runs >= 41)) || fail "only $runs replays"
finish "counts of $runs replays of $traces traces, in the page as natively"
