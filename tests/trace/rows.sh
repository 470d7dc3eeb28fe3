#!/bin/bash
# Rows that would read the same are one, with what they have together: of `halloc stat`, `explain`
# and `profile`.
. "$(dirname "$0")/lib.sh"
ldd "$halloc" | grep -q libdw || skip "built without libdw (Debian: libdw-dev)"
compile twice -fno-omit-frame-pointer <<'END'
#include <stdlib.h>
static void *volatile kept[400];
__attribute__((noinline)) static void keep(int place) { kept[place] = malloc(3000); kept[place + 1] = malloc(1000); }
int main(void) {
    for (int place = 0; place < 400; place += 4) { keep(place); keep(place + 2); }
}
END
"$halloc" trace -q --stacks=3 -o twice.htrace -- ./twice 2>err || fail "trace: $(cat err)"
"$halloc" stat twice.htrace >stat 2>err || fail "stat: $(cat err)"
equal "rows of stat" 1 "$(grep -c ' keep (twice.c:3)$' stat)"
line_in stat '^ +781\.2 KiB +400 +781\.2 KiB +781\.2 KiB  keep \(twice\.c:3\)$'
"$halloc" stat --json twice.htrace >stat.json 2>err || fail "stat --json: $(cat err)"
equal "sites of the JSON, exact" 4 "$(python3 -c 'import json
print(sum("keep (twice.c:3)" in str(site) for site in json.load(open("stat.json"))["sites"]))')"
"$halloc" explain --at peak --with first twice.htrace >explained 2>err || fail "explain: $(cat err)"
line_in explained '^100 % of what is live, 781\.2 KiB, are 400 blocks from keep \(twice\.c:3\)'
"$halloc" profile --every=512 -- ./twice >table 2>err || fail "profile: $(cat err)"
equal "rows of profile" 1 "$(grep -c ' keep (twice.c:3) < main' table)"
finish "rows that read the same"
