# lib.sh - what the tests of the map share: a folder that goes, the command, looks into what it says.
set -u
: "${HALLOC_SOURCE:?run me through ctest}" "${HALLOC_BUILD:?run me through ctest}"
source_dir=$(realpath "$HALLOC_SOURCE")
halloc=$(realpath "$HALLOC_BUILD")/halloc
[ -x "$halloc" ] || { echo "FAIL: no $halloc"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset LD_PRELOAD HALLOC_CONF HALLOC_TRACE COLUMNS LINES NO_COLOR
export LC_ALL=C

failures=0
fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

finish() { # what was looked at
    [ $failures -eq 0 ] && echo "all well: $*"
    exit $((failures > 0))
}

skip() { # why
    echo "skipped: $*"
    [ -z "${HALLOC_CI:-}" ] || exit 1
    exit 77
}

equal() { # WHAT WANTED GOT
    [ "$2" = "$3" ] || fail "$1: '$3', not '$2'"
}

line_in() { # FILE PATTERN
    grep -qE -- "$2" "$1" || { fail "no line like '$2' in $1:"; head -c 2000 "$1"; }
}

status_of() { # WANTED COMMAND...: output to out and err
    local wanted=$1
    shift
    "$@" >out 2>err
    equal "exit status of '$*'" "$wanted" $?
}

rep() { # NAME LINE...: a trace of these lines of a .rep file: a ID BYTES, r ID BYTES, f ID
    local name=$1
    shift
    local ids
    ids=$(printf '%s\n' "$@" | awk '{ if ($2 > most) most = $2 } END { print most + 1 }')
    { printf '1\n%s\n%s\n1\n' "$ids" "$#"; printf '%s\n' "$@"; } >"$name.rep"
    "$halloc" import "$name.rep" -o "$name.htrace" >out 2>err || fail "import of $name.rep: $(cat err)"
}
