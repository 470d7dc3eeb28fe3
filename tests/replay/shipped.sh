#!/bin/bash
# The traces that are shipped are whole, known to their README, and small; and the beginning of each, cut off in the
# middle, is replayed under every policy and checked to the last byte: what precedes the damage is used, the place
# is named, and the exit status is 1.
. "$(dirname "$0")/lib.sh"
traces=$(ls "$source_dir"/traces/*.htrace)
[ "$(wc -w <<<"$traces")" -ge 6 ] || fail "only these traces: $traces"
total=$(cat $traces | wc -c)
[ "$total" -lt 10000000 ] || fail "$total bytes of traces"
for trace in $traces; do
    name=$(basename "$trace" .htrace)
    grep -q "^| \`$name\` |" "$source_dir/traces/README.md" || fail "$name is not in traces/README.md"
    grep -q "^make_$name() {" "$source_dir/traces/record.sh" || fail "$name is not in traces/record.sh"
    status_of 0 "$halloc" stat "$trace"
    head -c 60000 "$trace" >cut.htrace
    status_of 1 "$halloc" replay cut.htrace --with bump,first,next,best,worst,segregated,buddy,tlsf,process,glibc --check --json --repeat=1
    line_in err 'cut.htrace: at byte [0-9,]+: '
    equal "$name: all well" True "$(json 'all(entry["ok"] and entry["failures"] == 0 for entry in board["policies"])')"
    equal "$name: damaged" True "$(json 'board["damaged"]')"
    [ "$(json 'board["operations"]')" -gt 5000 ] || fail "$name: only $(json 'board["operations"]') operations"
done
status_of 0 "$halloc" replay "$source_dir/traces/sqlite3.htrace" --with first,segregated,process --check --json --repeat=1
equal "sqlite3 whole" True "$(json 'all(entry["ok"] for entry in board["policies"])')"
finish "$(wc -w <<<"$traces") traces, $total bytes"
