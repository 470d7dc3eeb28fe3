#!/bin/bash
# halloc diff: the operation at which two policies part, both holes, the cost; and two traces.
. "$(dirname "$0")/lib.sh"

# Holes of 400 and 100 bytes, the larger freed last: 50 bytes go into the large one by first fit, and into the
# small one by best fit. Operation 6 is where they part.
cat >holes.rep <<'REP'
20000000
6
8
1
a 0 400
a 1 64
a 2 100
a 3 4000
f 2
f 0
a 4 50
a 5 60
REP
"$halloc" import -o holes.htrace holes.rep || fail "import"
status_of 0 "$halloc" diff holes.htrace --with first,best
line_in out 'first and best part at operation 6 of 8: malloc, 50 B, object 4\.$'
line_in out '^  first places it at offset 32, 64 B of it to use; out of a hole of 400 B\.$'
line_in out '^  best places it at offset 560, 112 B of it to use; out of a hole of 112 B\.$'
line_in out '^ +-> +400 B at 32 +taken$'
line_in out '^ +-> +112 B at 560 +taken$'
line_in out '^best needs [+-][0-9.]+ % at the peak'
status_of 0 "$halloc" diff "$source_dir/traces/lua.htrace" --with best,segregated # 160 bytes of five million less
line_in out '^segregated needs \+0\.0 % at the peak and \+0\.0 % on average, against best\.$'
status_of 0 "$halloc" diff holes.htrace --with best,first --json
equal "operation" 6 "$(json 'board["operation"]')"
equal "offsets" "560 32" "$(json 'str(by("best")["offset"]) + " " + str(by("first")["offset"])')"
equal "holes" "112 400" "$(json 'str(by("best")["hole_bytes"]) + " " + str(by("first")["hole_bytes"])')"
status_of 0 "$halloc" diff holes.htrace --with first,first
line_in out 'place everything alike'

# As much granted, at another place: that is a difference as well.
sed 's/^a 4 50/a 4 100/' holes.rep >alike.rep
"$halloc" import -o alike.htrace alike.rep
status_of 0 "$halloc" diff alike.htrace --with best,first --json
equal "operation, as much granted" "6 112 112" "$(json 'str(board["operation"]) + " " + str(by("best")["granted"]) + " " + str(by("first")["granted"])')"

# --- What it says of the end is what replay says -----------------------------------------------------------------------
gen shore a.htrace --operations=20000 --live=300
status_of 0 "$halloc" diff a.htrace --with worst,segregated --json
wanted=$(json '[(e["name"], e["peak_overhead"], e["average_overhead"], e["probes"]) for e in board["policies"]]')
status_of 0 "$halloc" replay a.htrace --with worst,segregated --json --repeat=0
equal "the end" "$wanted" "$(json '[(e["name"], e["peak_overhead"], e["average_overhead"], e["probes"]) for e in board["policies"]]')"

# --- Two traces ---------------------------------------------------------------------------------------------------------------
cp a.htrace b.htrace
status_of 0 "$halloc" diff a.htrace b.htrace
line_in out '^alike, all 20,000 operations$'
gen shore c.htrace --operations=20000 --live=300 --seed=2
status_of 1 "$halloc" diff a.htrace c.htrace
line_in out '^the first difference is operation 0$'
sed 's/^a 5 60/a 5 61/' holes.rep >changed.rep
"$halloc" import -o changed.htrace changed.rep
status_of 1 "$halloc" diff holes.htrace changed.htrace --json
equal "number" 7 "$(json 'board["operation"]')"
sed 's/^8$/7/; /^a 5/d; s/^6$/5/' holes.rep >shorter.rep
"$halloc" import -o shorter.htrace shorter.rep
status_of 1 "$halloc" diff holes.htrace shorter.htrace
line_in out 'shorter.htrace: is at its end$'

status_of 2 "$halloc" diff a.htrace
status_of 2 "$halloc" diff a.htrace --with first
status_of 2 "$halloc" diff a.htrace --with first,glibc
line_in err 'glibc is an allocator'
status_of 2 "$halloc" diff a.htrace b.htrace --with first,best
status_of 1 "$halloc" diff a.htrace no.htrace
status_of 0 "$halloc" diff --help
finish "diff of policies and of traces"
