#!/bin/bash
# The page in headless Chromium: every key and click, and the heap at random operations as the replay has it.
. "$(dirname "$0")/lib.sh"
missing=$(cd "$source_dir/tests/map" && PYTHONDONTWRITEBYTECODE=1 python3 -c 'import browser; print(browser.missing())')
[ -z "$missing" ] || skip "no $missing (Debian: chromium, chromium-driver)"

"$halloc" gen phases -o mixed.htrace --operations=9000 --live=300 --mean=300 >/dev/null || fail "gen"
"$halloc" gen vectors -o threads.htrace --operations=5000 --live=200 --threads=3 >/dev/null || fail "gen"
"$halloc" gen vectors -o noisy.htrace --operations=30000 --live=500 >/dev/null || fail "gen"
"$halloc" gen phases -o large.htrace --operations=4000000 --live=100000 >/dev/null || fail "gen"
rep failing "a 0 5000" "a 1 100" "a 2 600" "f 1" "a 3 90000000000" "a 4 40" "f 0"
test_dir=$source_dir/tests/explain program pinned -fno-omit-frame-pointer
"$halloc" trace -q --stacks=2 -o sites.htrace -- ./pinned >out 2>err || fail "trace: $(cat err)"
PYTHONDONTWRITEBYTECODE=1 python3 "$source_dir/tests/map/page.py" "$halloc" mixed.htrace threads.htrace \
    noisy.htrace large.htrace failing.htrace sites.htrace || fail "see above"
finish "the page"
