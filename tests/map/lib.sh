# lib.sh - what the tests of the map and of explanations share: small traces, written by hand.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

json_words='answer = it'

rep() { # NAME LINE...: a trace of these lines of a .rep file: a ID BYTES, r ID BYTES, f ID
    local name=$1
    shift
    local ids
    ids=$(printf '%s\n' "$@" | awk '{ if ($2 > most) most = $2 } END { print most + 1 }')
    { printf '1\n%s\n%s\n1\n' "$ids" "$#"; printf '%s\n' "$@"; } >"$name.rep"
    "$halloc" import "$name.rep" -o "$name.htrace" >out 2>err || fail "import of $name.rep: $(cat err)"
}

own_policy() { # tests/replay/own_policy.c as own.so
    compile_library own -DMISTAKE=0 <"$source_dir/tests/replay/own_policy.c"
}

in_browser() { # PART TRACE...: a part of page.py, or why not
    local missing
    missing=$(cd "$source_dir/tests/map" && PYTHONDONTWRITEBYTECODE=1 python3 -c 'import browser; print(browser.missing())')
    [ -z "$missing" ] || skip "no $missing (Debian: chromium, chromium-driver)"
    PYTHONDONTWRITEBYTECODE=1 python3 "$source_dir/tests/map/page.py" "$halloc" "$@" || fail "see above"
}
