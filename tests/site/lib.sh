# lib.sh - what the tests of the site share: the site, or why it is not there.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

need_site() { # PROGRAM...: the site of these sources, and the programs that a test names
    local name
    for name in "$@"; do
        command -v "$name" >/dev/null || skip "no $name (tools/install-packages.sh site test)"
    done
    site=$build_dir/site
    [ -f "$site/index.html" ] || skip "no site was made: tools/install-packages.sh page site"
    export PYTHONDONTWRITEBYTECODE=1
}
