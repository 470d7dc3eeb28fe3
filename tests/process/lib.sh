# lib.sh - what the shell tests of the process heap share: small programs and libraries, compiled here,
# and run with libhalloc.so preloaded.
set -euo pipefail
: "${HALLOC_SOURCE:?run me through ctest}" "${HALLOC_BUILD:?run me through ctest}"

library=$(realpath "$HALLOC_BUILD")/libhalloc.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "${BASH_SOURCE[0]}")/../leave_nothing" $$ "$work"
cd "$work"
unset LD_PRELOAD HALLOC_CONF
export LC_ALL=C

fail() {
    echo "failed: $*"
    exit 1
}

skip() { # why; where nothing may be skipped (HALLOC_CI), that is a failure
    echo "skipped: $*"
    [[ ! ${HALLOC_CI:-} ]] || exit 1
    exit 77
}

compile() { # NAME.c on stdin becomes NAME; more arguments go to the compiler
    local name=$1
    shift
    cat >"$name.c"
    "${CC:-gcc}" -std=gnu17 -O1 -g -fno-builtin -Wall -Wextra -I "$HALLOC_SOURCE" -o "$name" "$name.c" "$@" -lpthread -ldl
}

compile_library() { # the same for NAME.so
    local name=$1
    shift
    compile "$name" -fPIC -shared "$@"
    mv "$name" "$name.so"
}

on_halloc() { # [LIBRARY.so:]... -- COMMAND: halloc is preloaded, after these
    local before=
    while [[ $1 != -- ]]; do
        before+=$1:
        shift
    done
    shift
    LD_PRELOAD=$before$library timeout 300 "$@"
}

# The program says that its malloc is halloc's, by exit status.
compile is_ours <<'END'
#include <dlfcn.h>
#include <stdbool.h>
int main(void) {
    bool (*is_overriding)(void) = (bool (*)(void))dlsym(RTLD_DEFAULT, "halloc_is_overriding");
    return !is_overriding || !is_overriding();
}
END
on_halloc -- ./is_ours || fail "preloading $library does not replace malloc"
