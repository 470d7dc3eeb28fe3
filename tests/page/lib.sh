# lib.sh - what the tests of the playground share: the page, or why it is not there.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

need_page() { # a page of these sources, and the programs that a test names
    local name
    for name in "$@"; do
        command -v "$name" >/dev/null || skip "no $name (tools/install-packages.sh page test)"
    done
    [ -f "$build_dir/halloc.html" ] || skip "no page was made: clang, lld, binaryen or python3 is missing"
}
