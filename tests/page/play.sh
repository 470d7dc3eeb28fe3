#!/bin/bash
# The playground in headless Chromium, by real clicks and keys (play.py), and its size: one file of at most 500 KB that
# names nothing outside itself.
. "$(dirname "$0")/lib.sh"
need_page chromium chromedriver
page=$("$halloc" play --print) || fail "halloc play --print"
equal "the page's name" "$build_dir/halloc.html" "$page"
(($(stat -c %s "$page") <= 500000)) || fail "$(stat -c %s "$page") bytes"
grep -oE '(src|href)="[^#"]*"|@import|https?://[a-z0-9./]*|url\([^)]*\)|fetch\(|XMLHttpRequest' "$page" |
    grep -vxE 'http://www.w3.org/2000/svg|url\(#[a-z]*\)' && fail "the page reaches outside"
PYTHONDONTWRITEBYTECODE=1 python3 "$test_dir/play.py" "$page" || fail "see above"
finish "the playground"
