# lib.sh - what the tests of packaging share: an app that includes halloc.h, and what it should say.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
set -eo pipefail

app=$test_dir/app.c
app_cpp=$test_dir/app.cpp
version=$(halloc_version)
strict=(-Wall -Wextra -Werror)

says_version() { # a command: the app with its arguments
    local said
    said=$("$@") || die "fails: $*"
    [[ $said == "halloc $version" ]] || die "says '$said', not 'halloc $version': $*"
    echo "well: $*"
}

needs_no_library() { # a program that must stand alone
    ! readelf -d "$1" | grep -q 'NEEDED.*halloc' || die "$1 needs libhalloc.so"
}

needs_library() {
    readelf -d "$1" | grep -q 'NEEDED.*\[libhalloc\.so\.1\]' || die "$1 does not need libhalloc.so.1"
}

install_to() { # prefix [environment...]
    local prefix=$1
    shift
    env "$@" cmake --install "$build_dir" --prefix "$prefix" >install.log || die "$(cat install.log)"
}
