#!/bin/bash
# Folders of src/ are layers: a file includes files of its own folder and of those below it, and no other.
# halloc.c brings the folders in from the lowest to the highest. No folder has more than a dozen modules.
. "$(dirname "$0")/lib.sh"

# From the lowest to the highest; "top" is src/ itself.
layers=(base platform engine classic region slab thread process observe top)
modules_most=12

level_of() { # src/engine/fit/best.c -> 2
    local folder=${1#src/} level
    [[ $folder == */* ]] && folder=${folder%%/*} || folder=top
    for level in "${!layers[@]}"; do
        [[ ${layers[level]} != "$folder" ]] || echo "$level"
    done
}

seen=0
for file in $(find src -name '*.[ch]' | sort); do
    seen=$((seen + 1))
    level=$(level_of "$file")
    if [[ ! $level ]]; then
        fail "$file: its folder is no layer of tests/house/layers.sh"
        continue
    fi
    while IFS=: read -r line included; do
        target=$(realpath -m --relative-to=. "$(dirname "$file")/$included")
        if [[ ! -e $target ]]; then
            fail "$file:$line: no such file: $included"
        elif [[ $target == halloc.h ]]; then
            continue
        elif [[ $target != src/* ]]; then
            fail "$file:$line: $included is not of src/"
        elif (($(level_of "$target") > level)); then
            fail "$file:$line: ${layers[level]} includes $target, which stands above it"
        fi
    done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$file" |
        sed -E 's/^([0-9]+):[^"]*"([^"]*)".*/\1:\2/')
done

while read -r folder; do
    modules=$(find "$folder" -maxdepth 1 -name '*.[ch]' -printf '%f\n' | sed 's/\.[ch]$//' | sort -u | wc -l)
    ((modules <= modules_most)) || fail "$folder: $modules modules: it is two rooms"
done < <(find src tools -type d)

highest=0
for file in $(sed -nE 's/^[[:space:]]*#include "(src\/[^"]*)".*/\1/p' halloc.c); do
    level=$(level_of "$file")
    ((level >= highest)) || fail "halloc.c: $file of ${layers[level]} comes after ${layers[highest]}"
    highest=$((level > highest ? level : highest))
done
for file in $(find src -name '*.c' | sort); do
    [[ $file != src/interpose.c ]] || continue # in libhalloc.so alone
    grep -q "^#include \"$file\"" halloc.c || fail "halloc.c: does not include $file"
done
((seen > 20)) || fail "only $seen files were found: look at this test"
finish "the layers of $seen files"
