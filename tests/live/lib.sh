# lib.sh - what the tests of `halloc why` and its kin share: programs that say when they are ready, and then wait.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

json_words='
bytes = it.get("ledger", {})
def near(value, wanted, share):
    return abs(value - wanted) <= share * wanted'

grep -q LIBDW_LIBRARY:FILEPATH=/ "$build_dir/CMakeCache.txt" || skip "this build has no libdw (Debian: libdw-dev)"

# fields(BYTES): number and value of each field of a protobuf message, as pprof's are.
protobuf='
def fields(data):
    at = 0
    def number():
        nonlocal at
        value = shift = 0
        while True:
            at += 1
            value |= (data[at - 1] & 127) << shift
            shift += 7
            if data[at - 1] < 128:
                return value
    while at < len(data):
        key, value = number(), number()
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        yield key >> 3, value
'

begin() { # COMMAND...: in the background; $pid is its process when it has written a line
    mkfifo ready
    "$@" >ready 2>err &
    pid=$!
    timeout 300 head -n 1 <ready >out || die "'$*' did not get ready: $(cat err)"
    rm ready
}

end() { # the process that `begin` began
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
}

look() { # EXPRESSION...: each is true of what `halloc why --json` says of $pid
    local expression pairs= wrong
    "$halloc" why --json "$pid" >seen 2>err || { fail "$what: halloc why: $(cat err)"; return; }
    for expression in "$@"; do
        pairs+="(\"\"\"$expression\"\"\", $expression), "
    done
    wrong=$(json "[text for text, holds in [$pairs] if not holds]" seen)
    [ "$wrong" = "[]" ] || fail "$what: not $wrong: $(cat seen)"
}
