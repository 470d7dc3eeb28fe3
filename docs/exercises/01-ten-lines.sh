#!/bin/bash
# 01-ten-lines.sh FILE.c - the contract of chapter 1: a malloc that real programs can stand on.
#
# It serves the calls of two of them, every byte and every address checked; and then ls itself.
set -u
[ $# -eq 1 ] || { echo "which file? bash $0 FILE.c" >&2; exit 2; }
file=$1
here=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -O2 -Wall -Wextra -shared -fPIC "$file" -o "$work/mine.so" || exit 1
for trace in sqlite3 git; do
    if ! halloc replay "$here/traces/$trace.htrace" --check --repeat=0 --with "$work/mine.so" >"$work/said" 2>&1; then
        grep mine.so "$work/said" || cat "$work/said"
        exit 1
    fi
    echo "well: $trace"
done
if ! LD_PRELOAD="$work/mine.so" timeout "${CONTRACT_SECONDS:-100}" ls "$here" >"$work/names" || ! ls "$here" | cmp -s - "$work/names"; then
    echo "ls does not print on it what it prints elsewhere"
    exit 1
fi
echo "well: ls"
