#!/bin/bash
# 03-boundary-tags.sh FILE.c - the contract of chapter 3: compile the heap, and let it try itself.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -g -Wall -Wextra -fsanitize=address,undefined "${1:?which file?}" -o "$work/tags" &&
    timeout "${CONTRACT_SECONDS:-100}" "$work/tags" || exit 1
