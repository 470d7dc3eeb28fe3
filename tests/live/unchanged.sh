#!/bin/bash
# `halloc why --since` tells which slabs are as they were in an earlier snapshot, and refuses what can't be compared.
. "$(dirname "$0")/lib.sh"
program unchanged

begin env LD_PRELOAD="$library" ./unchanged
status_of 0 "$halloc" snapshot -o first.snap "$pid"
status_of 0 "$halloc" why --json --since=first.snap "$pid"
cp out before
equal "slots of 208 and 48 bytes are unchanged" True "$(json '{208, 48} <= {one["slot"] for one in it["unchanged"]}' before)"
equal "all of 208 bytes" "(10000, True)" \
    "$(json '[(one["objects"], one["pinned_bytes"] > 20 << 20) for one in it["unchanged"] if one["slot"] == 208][0]' before)"

kill -USR1 "$pid"
soon test -e changed || die "nothing has changed"
status_of 0 "$halloc" why --json --since first.snap "$pid"
equal "slots of 48 bytes have changed" "[]" "$(json '[one for one in it["unchanged"] if one["slot"] == 48]')"
of_208='[one for one in it["unchanged"] if one["slot"] == 208]'
equal "those of 208 bytes are as before" "$(json "$of_208" before)" "$(json "$of_208")"
status_of 0 "$halloc" why --since=first.snap "$pid"
line_in out '^slabs that are as they were [0-9]+ s before'
line_in out '^     208 +10,000 +2\.0 MiB +[0-9]+ .* [0-9.]+ MiB$'

sleep 1 # the second look is later by a second
status_of 0 "$halloc" snapshot -o second.snap "$pid"
status_of 0 "$halloc" why --json --since=first.snap second.snap
equal "two snapshots tell the same" "$(json "$of_208" before)" "$(json "$of_208")"
status_of 1 "$halloc" why --since=second.snap first.snap
line_in err '^halloc why: second\.snap: is the later one of the two$'
end
begin env LD_PRELOAD="$library" ./unchanged
status_of 1 "$halloc" why --since=first.snap "$pid"
line_in err '^halloc why: first\.snap: is of another process$'
end
status_of 1 "$halloc" why --since=nothing first.snap
status_of 1 "$halloc" why --since=/etc/passwd first.snap
line_in err '^halloc why: /etc/passwd: is no process, and no file of'
status_of 2 "$halloc" why --since= first.snap
finish "slabs that did not change"
