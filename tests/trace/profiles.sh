#!/bin/bash
# A trace as a profile: pprof's, DHAT's, folded stacks. All count the same. And CS107's scripts come in.
. "$(dirname "$0")/lib.sh"
compile held -g -O1 -fno-omit-frame-pointer <<'END'
#include <stdlib.h>
static void *volatile all[110];
static __attribute__((noinline)) void *hold(void) { return malloc(1000); }
static __attribute__((noinline)) void *drop(void) { return malloc(500); }
int main(void) {
    for (int i = 0; i < 100; i++) all[i] = hold();
    for (int i = 0; i < 10; i++) all[100 + i] = drop();
    for (int i = 0; i < 10; i++) free(all[100 + i]);
    for (int i = 0; i < 10; i++) free(drop());
}
END
"$halloc" trace -q --stacks=3 -o held.htrace -- ./held >out 2>err || fail "trace: $(cat err)"

"$halloc" export --to=folded held.htrace >folded || fail "export --to=folded"
line_in folded '(^|;)main;hold 100000$'
line_in folded '(^|;)main;drop 5000$'

# main calls drop at two places: these are two points, of 5,000 and 500 bytes at most.
"$halloc" export --to=dhat -o held.json held.htrace || fail "export --to=dhat"
equal "DHAT's points" "[(10000, 20, 5500, 5000, 10, 0, 0), (100000, 100, 100000, 100000, 100, 100000, 100)]" "$(python3 - <<'END'
import json
file = json.load(open("held.json"))
named = lambda point, name: any(" " + name + " (" in file["ftbl"][frame] for frame in point["fs"])
print([tuple(sum(point[key] for point in file["pps"] if named(point, name))
             for key in ("tb", "tbk", "mb", "gb", "gbk", "eb", "ebk")) for name in ("drop", "hold")])
END
)"

"$halloc" export --to=pprof -o held.pb held.htrace || fail "export --to=pprof"
"$halloc" export --to=pprof -o held.pb held.htrace || fail "an older profile is not replaced"
if command -v go >/dev/null; then
    go tool pprof -unit=B -top held.pb >top 2>err || fail "pprof: $(cat err)"
    line_in top '^ *100000B .* hold$'
    line_in top '^ *5000B .* drop$'
    go tool pprof -sample_index=alloc_objects -lines -top held.pb >top 2>err || fail "pprof: $(cat err)"
    line_in top '^ *100 .* hold .*:2$|^ *100 .* hold .*:3$'
    line_in top '^ *20 .* drop .*:4$'
else
    skip "no go: pprof does not read the profile (Debian: golang-go)"
fi
"$halloc" trace -q -o bare.htrace -- ./held
status_of 0 "$halloc" export --to=pprof -o bare.pb bare.htrace
line_in err 'the trace has no call sites: `halloc trace --stacks` records them$'
status_of 2 "$halloc" export --to=nonsense held.htrace
line_in err 'the formats rep, script, pprof, dhat, folded, flame and speedscope, and none called nonsense'

printf '# a script\na 0 100\na 1 200 # the second\n\nr 0 300\nf 1\nf 0\n' >small.script
"$halloc" import small.script 2>err || fail "import small.script: $(cat err)"
equal "a script's operations" 5 "$(number small.htrace operations)"
equal "a script's peak" 500 "$(number small.htrace peak_bytes)"
printf 'a 0 100\nf 1\n' >wrong.script
status_of 1 "$halloc" import wrong.script
line_in err 'at byte 8: line 2: id 1 is freed, and not in use'
printf '# nothing\n' >empty.script
status_of 1 "$halloc" import empty.script
line_in err 'the script has no operations'
finish "profiles of a trace, and scripts"
