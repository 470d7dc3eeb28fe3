#!/bin/bash
# Folders are layers: a file includes files of its own folder and of those below it, and no other. src/ has one order
# and tools/ another. halloc.c brings in the folders of src/ from the lowest to the highest. No folder has more than a
# dozen modules.
. "$(dirname "$0")/lib.sh"

# From the lowest to the highest; "top" is src/ or tools/ itself.
src=(base platform engine classic region slab sample thread limit harden process observe top)
# Of tools/: what all need; the .htrace file; what several commands share; the commands. A layer is a folder with all
# below it, except those that are layers of their own.
tools=(base trace/format trace/read trace/footer trace/write trace/symbol
    generate tour replay live snapshot map lab run profile
    trace convert stat diff explain why top metrics symbolize papers play capture replayer top)
modules_most=12

layers_of() { # src/engine/fit.c -> layers=(base platform ...)
    local -n order=${1%%/*}
    layers=("${order[@]}")
}

level_of() { # src/engine/fit/best.c -> 2
    local folder=${1#*/} level
    [[ $folder == */* ]] && folder=${folder%/*} || folder=top
    while :; do
        for level in "${!layers[@]}"; do
            [[ ${layers[level]} != "$folder" ]] || { echo "$level"; return; }
        done
        [[ $folder == */* ]] || return 0
        folder=${folder%/*}
    done
}

# What a file of tools/ may include of src/: the classic heap's own parts, and the counters that a report reads. One
# file is a second copy of all of it; and tools/live/ reads all structures in other processes.
is_open_to_tools() { # FILE INCLUDED
    [[ $2 == src/classic/heap.h || $2 == src/base/counters.h ]] ||
        [[ $1 == tools/replay/twin/twin.c && $2 == halloc.c ]] || [[ $1 == tools/live/* && $2 == src/*.h ]]
}

seen=0
for file in $(find src tools -name '*.[ch]' | sort); do
    seen=$((seen + 1))
    layers_of "$file"
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
        elif [[ $file == tools/* ]] && is_open_to_tools "$file" "$target"; then
            continue
        elif [[ ${target%%/*} != "${file%%/*}" ]]; then
            fail "$file:$line: $included is not of ${file%%/*}/"
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

layers_of src
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
