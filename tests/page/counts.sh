#!/bin/bash
# The page's engine counts as the native one does, to the byte: each shipped trace under each of the eight policies,
# replayed under node by the page's own scripts, against `halloc replay`.
. "$(dirname "$0")/lib.sh"
need_page node

policies=bump,first,next,best,worst,segregated,buddy,tlsf
natively() { # TRACE
    "$halloc" replay "$1" --with $policies --repeat=0 --json >native.json || fail "halloc replay $1"
    python3 - <<'PYTHON'
import json
names = ("peak_overhead average_overhead peak_heap_bytes end_heap_bytes average_heap_bytes peak_live_bytes failures "
         "allocations finds probes splits merges probes_per_allocation probes_p999 splits_per_allocation moved "
         "resized_in_place").split()
for policy in json.load(open("native.json"), parse_float=str)["policies"]:
    print(policy["name"], *(f"{name}={policy[name]}" for name in names))
PYTHON
}
traces=0
for trace in "$source_dir"/traces/*.htrace; do
    name=$(basename "$trace" .htrace)
    traces=$((traces + 1))
    "$build_dir/trace_calls" "$trace" >calls.txt || fail "trace_calls $name"
    natively "$trace" >wanted.txt
    node "$test_dir/counts.js" "$build_dir/halloc.wasm" calls.txt >got.txt || fail "counts.js $name"
    equal "$name: policies" 8 "$(wc -l <got.txt)"
    cmp wanted.txt got.txt || { fail "$name counts otherwise in the page:"; diff wanted.txt got.txt; }
done
equal "traces" 7 "$traces"
finish "counts of $traces traces under eight policies, in the page as natively"
