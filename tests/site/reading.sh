#!/bin/bash
# The site in headless Chromium, as a reader uses it (reading.py): from a folder whose name has a blank, without a
# server. And without scripts.
. "$(dirname "$0")/lib.sh"
need_site chromium chromedriver
cp -r "$site" "a site"
python3 "$test_dir/reading.py" "$work/a site" || fail "see above"
finish "the site, read"
