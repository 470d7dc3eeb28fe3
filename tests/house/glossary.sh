#!/bin/bash
# The glossary of the process heap: at most twenty ideas, numbered, one sentence each, and the files are there.
. "$(dirname "$0")/lib.sh"

entries=$(grep -E '^\| [0-9]+ \|' docs/glossary.md)
count=$(wc -l <<<"$entries")
((count >= 10 && count <= 20)) || fail "docs/glossary.md: $count ideas: at most twenty"
number=0
while IFS='|' read -r _ given idea sentence files _; do
    number=$((number + 1))
    ((given == number)) || fail "docs/glossary.md: number $given comes where $number should"
    [[ $sentence =~ \.\ $ && ! $sentence =~ \.\ [A-Z] ]] || fail "docs/glossary.md:$idea: not one sentence"
    for file in ${files//[\`,]/}; do
        [[ -e $file ]] || fail "docs/glossary.md:$idea: no such file: $file"
    done
done <<<"$entries"
finish "$count ideas"
