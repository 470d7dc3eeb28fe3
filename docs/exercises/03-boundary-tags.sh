#!/bin/bash
# 03-boundary-tags.sh FILE.c - the contract of chapter 3: compile the heap, and let it try itself.
set -u
[ $# -eq 1 ] || { echo "which file? bash $0 FILE.c" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -g -Wall -Wextra -fsanitize=address,undefined "$1" -o "$work/tags" &&
    timeout "${CONTRACT_SECONDS:-100}" "$work/tags" || exit 1
