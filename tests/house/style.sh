#!/bin/bash
# Every C and C++ file is as clang-format 14 writes it (`make format`).
. "$(dirname "$0")/lib.sh"

formatter=""
for name in clang-format-14 clang-format; do
    if command -v "$name" >/dev/null && "$name" --version | grep -q 'version 14\.'; then
        formatter=$name
        break
    fi
done
[[ $formatter ]] || skip "no clang-format 14 (other versions differ in small things)"

files=$(find halloc.c halloc.h src tools page tests examples bench \( -name '*.[ch]' -o -name '*.cpp' \) | sort)
while read -r file; do # few, as a rule; to ask for all at once is faster
    lines=$(diff "$file" <("$formatter" "$file")) ||
        fail "$file: $(grep -c '^[<>]' <<<"$lines") lines differ, the first: $(grep -m1 '^[<>]' <<<"$lines")"
done < <(xargs "$formatter" --dry-run <<<"$files" 2>&1 | sed -nE 's/^([^: ]+):[0-9]+:[0-9]+: warning: .*/\1/p' | sort -u)
for file in $files; do
    if grep -nP '\t|\s$' "$file" | head -3; then
        fail "$file: tabs, or blanks at a line's end"
    fi
done
finish "style of $(wc -w <<<"$files") files"
