#!/bin/bash
# One word a thing, one thing a word: the synonyms that other allocators use stay out. (So does "run"
# for memory; but programs run, too, and a machine can't tell.) mallinfo's field .arena and mallopt's
# M_ARENA_... are glibc's names, and allowed. No two modules of src/ and tools/ have one name. A module is
# a .c file, its header, or both.
. "$(dirname "$0")/lib.sh"

files=$(find . -path './build*' -prune -o \( -path './src/*' -o -path './tools/*' -o -path './examples/*' \
    -o -path './halloc.[ch]' \) -name '*.[ch]' -print | sort)
while read -r hit; do
    fail "$hit"
done < <(grep -nHiE 'chunk|\b(arena|span|spans|arenas|fragment|fragments)(_|\b)|_(span|arena|fragment)s?(_|\b)' $files |
    sed -E 's/(\.|->|`)arena\b|M_ARENA_[A-Z]+//g' |
    grep -iE 'chunk|\b(arena|span|spans|arenas|fragment|fragments)(_|\b)|_(span|arena|fragment)s?(_|\b)' || true)
while read -r hit; do
    fail "$hit"
done < <(grep -nHwE 'TODO|FIXME|XXX|HACK' $files || true)
while read -r module; do
    fail "two modules have one name: $(find src tools -name "$module.[ch]" | sort | xargs)"
done < <(find src tools -name '*.[ch]' | sed 's/\.[ch]$//' | sort -u | sed 's|.*/||' | sort | uniq -d)
finish "words of $(wc -w <<<"$files") files"
