#!/bin/bash
# Includes look down: a file of src/ includes files of its own or a lower layer, and no other; its
# opening comment names its layer; and halloc.c brings the layers in from the lowest to the highest.
. "$(dirname "$0")/lib.sh"

# The layers. A new file gets its place here, in its opening comment and in halloc.c's contents.
layers="
0   base bits config
1   counters export platform platform/* lock fatal
2   fit fit/* dirty
3   block block_check conf
4   heap original record
5   region purge huge size_class
6   slab remote shared dense large thin
7   thread_cache pending stash lost
8   threads
9   process start
10  fork stats
11  malloc new interpose
"

layer_of() { # src/fit/best.c -> 2
    local name=${1#src/} number names pattern
    name=${name%.[ch]}
    while read -r number names; do
        set -f
        for pattern in $names; do
            # shellcheck disable=SC2053
            if [[ $name == $pattern ]]; then
                echo "$number"
                return
            fi
        done
    done <<<"$layers"
    echo none
}

seen=0
for file in $(find src -name '*.[ch]' | LC_ALL=C sort); do
    layer=$(layer_of "$file")
    seen=$((seen + 1))
    if [[ $layer == none ]]; then
        complain "$file: has no layer in tests/house/layers.sh"
        continue
    fi
    said=$(sed -n '/^\/\*/,/\*\//p; /\*\//q' "$file" | grep -o 'Layer [0-9]*' | head -1 || true)
    [[ $said == "Layer $layer" ]] ||
        complain "$file: belongs to layer $layer, its opening comment says '${said:-nothing}'"

    while IFS=: read -r line included; do
        target=$(realpath -m --relative-to=. "$(dirname "$file")/$included")
        if [[ ! -e $target ]]; then
            complain "$file:$line: no such file: $included"
        elif [[ $target == halloc.h ]]; then
            continue
        elif [[ $target != src/* ]]; then
            complain "$file:$line: $included is not of src/"
        else
            lower=$(layer_of "$target")
            [[ $lower == none ]] || ((lower <= layer)) ||
                complain "$file:$line: layer $layer includes $included of layer $lower"
        fi
    done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$file" |
        sed -E 's/^([0-9]+):[^"]*"([^"]*)".*/\1:\2/')
done

highest=0
for file in $(sed -nE 's/^[[:space:]]*#include "(src\/[^"]*)".*/\1/p' halloc.c); do
    layer=$(layer_of "$file")
    [[ $layer != none ]] || continue
    ((layer >= highest)) || complain "halloc.c: $file of layer $layer comes after layer $highest"
    highest=$((layer > highest ? layer : highest))
done
for file in $(find src -name '*.c' | LC_ALL=C sort); do
    [[ $file != src/interpose.c ]] || continue # in libhalloc.so alone
    grep -q "^#include \"$file\"" halloc.c || complain "halloc.c: does not include $file"
done
((seen > 20)) || complain "only $seen files were found: look at this test"
finish "the layers of $seen files"
