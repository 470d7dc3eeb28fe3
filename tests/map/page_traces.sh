#!/bin/bash
# The page in headless Chromium of traces with something of their own: call sites, a window, too little room,
# an operation that fails.
. "$(dirname "$0")/lib.sh"
"$halloc" gen phases -o mixed.htrace --operations=9000 --live=300 --mean=300 >/dev/null || fail "gen"
"$halloc" gen vectors -o noisy.htrace --operations=30000 --live=500 >/dev/null || fail "gen"
rep failing "a 0 5000" "a 1 100" "a 2 600" "f 1" "a 3 90000000000" "a 4 40" "f 0"
test_dir=$source_dir/tests/explain program pinned -fno-omit-frame-pointer
"$halloc" trace -q --stacks=2 -o sites.htrace -- ./pinned >out 2>err || fail "trace: $(cat err)"
in_browser traces sites.htrace mixed.htrace noisy.htrace failing.htrace
finish "the page of four traces"
