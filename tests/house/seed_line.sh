#!/bin/bash
# `gcc -o halloc halloc.c -lrt` builds, in a bare copy of the sources, without one word of warning, a
# program that runs. So it does under stricter flags, with optimisation, and with clang.
. "$(dirname "$0")/lib.sh"
cp -r halloc.c halloc.h src tools "$work"
cd "$work"

builds_silently() {
    rm -f halloc
    if ! "$@" >output 2>&1; then
        fail "fails: $*"
    elif [[ -s output ]]; then
        fail "says something: $*"
    elif ! ./halloc tour >tour.txt 2>errors.txt || [[ ! -s tour.txt || -s errors.txt ]]; then
        fail "builds, but ./halloc tour does not run well: $*"
        cat errors.txt
    fi
    head -20 output
}

builds_silently gcc -o halloc halloc.c -lrt
builds_silently gcc -Wall -Wextra -o halloc halloc.c -lrt
builds_silently gcc -O2 -Wall -Wextra -o halloc halloc.c -lrt
builds_silently gcc -O3 -DHALLOC_DEBUG -Wall -Wextra -o halloc halloc.c -lrt
builds_silently gcc -DHALLOC_NO_OVERRIDE -Wall -Wextra -o halloc halloc.c -lrt
if command -v clang >/dev/null; then
    builds_silently clang -o halloc halloc.c -lrt
    builds_silently clang -O2 -Wall -Wextra -o halloc halloc.c -lrt
elif [[ ${HALLOC_CI:-} ]]; then
    fail "no clang"
else
    echo "skipped: clang is not installed"
fi
finish "the line that it began with"
