# lib.sh - what the shell tests of the process heap share: small programs and libraries, run with libhalloc.so
# preloaded.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
set -eo pipefail

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
on_halloc -- ./is_ours || die "preloading $library does not replace malloc"
