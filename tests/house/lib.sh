# lib.sh - what the tests of the house share. Each test collects its complaints and prints them all.
set -euo pipefail
: "${HALLOC_SOURCE:?run me through ctest}" "${HALLOC_BUILD:?run me through ctest}"
cd "$HALLOC_SOURCE"

complaints=0
complain() {
    echo "$*"
    complaints=$((complaints + 1))
}

finish() { # what was looked at
    if ((complaints)); then
        echo "$complaints complaint(s)"
        exit 1
    fi
    echo "in order: $*"
}

skip() {
    echo "skipped: $*"
    exit 77
}

scratch() { # a folder that goes when the test ends
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
}

sources() { # every C file of the core
    find halloc.c halloc.h src -name '*.[ch]' | LC_ALL=C sort
}
