#!/bin/bash
# The page in headless Chromium: every key and click, and the heap at random operations as the replay has it.
. "$(dirname "$0")/lib.sh"
"$halloc" gen phases -o mixed.htrace --operations=9000 --live=300 --mean=300 >/dev/null || fail "gen"
"$halloc" gen vectors -o threads.htrace --operations=5000 --live=200 --threads=3 >/dev/null || fail "gen"
in_browser keys mixed.htrace threads.htrace
finish "the page"
