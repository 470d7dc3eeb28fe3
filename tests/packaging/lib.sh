# lib.sh - what the tests of packaging share: an app that includes halloc.h, and what it should say.
set -euo pipefail
: "${HALLOC_SOURCE:?run me through ctest}" "${HALLOC_BUILD:?run me through ctest}"

app=$HALLOC_SOURCE/tests/packaging/app.c
app_cpp=$HALLOC_SOURCE/tests/packaging/app.cpp
version=$(for part in MAJOR MINOR PATCH; do
    sed -nE "s/^#define HALLOC_VERSION_$part ([0-9]+)/\1/p" "$HALLOC_SOURCE/halloc.h"
done | paste -sd.)
strict=(-Wall -Wextra -Werror)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "${BASH_SOURCE[0]}")/../leave_nothing" $$ "$work"
cd "$work"

fail() {
    echo "$*" >&2
    exit 1
}

says_version() { # a command: the app with its arguments
    local said
    said=$("$@") || fail "fails: $*"
    [[ $said == "halloc $version" ]] || fail "says '$said', not 'halloc $version': $*"
    echo "well: $*"
}

needs_no_library() { # a program that must stand alone
    ! readelf -d "$1" | grep -q 'NEEDED.*halloc' || fail "$1 needs libhalloc.so"
}

needs_library() {
    readelf -d "$1" | grep -q 'NEEDED.*\[libhalloc\.so\.1\]' || fail "$1 does not need libhalloc.so.1"
}

install_to() { # prefix [environment...]
    local prefix=$1
    shift
    env "$@" cmake --install "$HALLOC_BUILD" --prefix "$prefix" >install.log || fail "$(cat install.log)"
}
