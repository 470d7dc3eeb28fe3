#!/bin/bash
# Nothing of the book is missing in the site: each chapter has its page, its deck, its picture still and moving; each
# decision, answer, manual and source file has a page; the race has each task, and the figures that docs/figures has.
. "$(dirname "$0")/lib.sh"
need_site python3

page_of() { # FILE: its page, which must be there
    [ -s "$site/$1" ] || fail "no page $1"
}

for chapter in "$source_dir"/docs/[0-9][0-9]-*.md; do
    name=$(basename "$chapter" .md)
    page_of "docs/$name.html"
    page_of "docs/answers/$name.html"
    page_of "slides/$name.html"
    picture=$(sed -nE 's/^!\[.*\]\((pictures\/.*\.svg)\)$/\1/p' "$chapter")
    cmp "$source_dir/docs/$picture" "$site/docs/$picture" || fail "$name: its picture"
    line_in "$site/docs/$name.html" "data-live=\"../maps/[a-z0-9-]*.html\""
    line_in "$site/docs/$name.html" "<img src=\"$picture\""
    line_in "$site/slides/$name.html" "<img src=\"../docs/$picture\""
done
page_of slides/12b-attack.html # a detour, without a picture of a heap
line_in "$site/docs/13-reading-the-heap.html" '12b-attack.html'
while read -r file; do
    page_of "$file.html"
done < <(cd "$source_dir" && find src -name '*.[ch]'; echo halloc.h; echo halloc.c; echo man/halloc.1; echo man/halloc.3)
for file in "$source_dir"/docs/decisions/[a-z]*.md; do
    page_of "docs/decisions/$(basename "$file" .md).html"
done

# The race: as many rows as tasks, and a figure of the last task at its place.
race=$source_dir/docs/figures/race.md
tasks=$(sed -n '/^## Every figure/,$p' "$race" | grep -c '^### ')
equal "rows of the race's memory" "$tasks" "$(sed -n '/id="memory"/,$p' "$site/race.html" | grep -o '<tr data-kind' | wc -l)"
for metric in 3:time 7:memory; do
    figure=$(sed -n '/^### node/,$p' "$race" | awk -F'|' -v at="${metric%:*}" '/^\| halloc/ { print $(at + 1) + 0; exit }')
    sed -n "/id=\"${metric#*:}\"/,\$p" "$site/race.html" | sed 's/<tr/\n&/g' | grep -m1 '>node <' |
        grep -qF "<td data-value=\"$figure\"" || fail "node's ${metric#*:}: no $figure in race.html"
done
grep -q '>halloc-before<' "$site/race.html" && fail "an older Halloc races on the page, and nothing says what it is"
finish "the site is whole"
