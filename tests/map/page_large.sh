#!/bin/bash
# The page in headless Chromium of a trace of four million operations: small, and right where one goes.
. "$(dirname "$0")/lib.sh"
"$halloc" gen phases -o large.htrace --operations=4000000 --live=100000 >/dev/null || fail "gen"
in_browser large large.htrace
finish "the page of a large trace"
