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

skip() { # why; where nothing may be skipped (HALLOC_CI), that is a failure
    echo "skipped: $*"
    [[ ! ${HALLOC_CI:-} ]] || exit 1
    exit 77
}

scratch() { # a folder that goes when the test ends
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    tests/leave_nothing $$ "$work"
}

# The public names: what halloc.h marks HALLOC_API. The preprocessor drops comments, so they can't mislead.
api_names() {
    sed 's/^#define HALLOC_API.*//; s/^#define HALLOC_MALLOC.*//' halloc.h |
        gcc -E -P -D'HALLOC_API=@@' -D'HALLOC_MALLOC=' -x c - | tr '\n' ' ' | grep -oE '@@[^;]*;' |
        sed -E 's/^@@[^(;]*[ *]([A-Za-z_0-9]+) *[(;[].*/\1/' | LC_ALL=C sort -u
}
