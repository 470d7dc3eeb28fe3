#!/bin/bash
# The playground in headless Firefox, by the same clicks and keys as in Chromium: the first search, a merge, a question on
# the list, a policy of one's own.
. "$(dirname "$0")/lib.sh"
need_page firefox-esr
PYTHONDONTWRITEBYTECODE=1 python3 "$test_dir/play.py" "$build_dir/halloc.html" firefox || fail "see above"
finish "the playground in Firefox"
