#!/bin/bash
# The moving picture: docs/figures/heap.svg is what the page makes today of page/twenty.txt, its twenty calls are those of
# the real engine, and it is small. It names nothing outside itself, and stands still where motion is not wanted.
. "$(dirname "$0")/lib.sh"
need_page node
picture=$source_dir/docs/figures/heap.svg
node "$source_dir/page/picture_file.js" "$build_dir/halloc.html" "$source_dir/page/twenty.txt" >now.svg || fail "no picture"
cmp now.svg "$picture" || fail "it is another one now: node page/picture_file.js build/halloc.html page/twenty.txt >docs/figures/heap.svg"
(($(stat -c %s "$picture") <= 60000)) || fail "$(stat -c %s "$picture") bytes"
equal "calls" 20 "$(grep -oE '[0-9]+ of 20<' "$picture" | sort -u | wc -l)"
for words in 'Split: the rest' 'Merge: free neighbours' 'Grow: no free block' 'too small' 'large enough'; do
    grep -q "$words" "$picture" || fail "nothing is told of: $words"
done
grep -oE 'https?://[a-z0-9./]*|href|url\(|<script|@import' "$picture" | grep -vx 'http://www.w3.org/2000/svg' && fail "it reaches outside"
for query in 'prefers-color-scheme:dark' 'prefers-reduced-motion:reduce){.t{animation:none}}'; do
    grep -qF "$query" "$picture" || fail "no $query"
done
python3 - "$picture" <<'END' || fail "see above"
import re, sys, xml.dom.minidom
text = open(sys.argv[1]).read()
xml.dom.minidom.parseString(text)
still = re.findall(r'<g class="t s".*?</g>', text)
assert len(still) > 6, f"without motion it shows {len(still)} shapes"
moves = dict(re.findall(r"@keyframes (k\d+)\{(.*)\}", text))
assert {name for name in re.findall(r"animation-name:(k\d+)", text)} == set(moves), "a shape without its motion"
END
printf 'a = malloc 100\nfree b\n' >bad.txt
node "$source_dir/page/picture_file.js" "$build_dir/halloc.html" bad.txt >out 2>&1 && fail "a bad script makes a picture"
line_in out 'line 2: b holds no block here'
finish "the moving picture"
