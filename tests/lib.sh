# lib.sh - what the shell tests of the halloc command share: a work folder that goes when the test ends, complaints
# that are counted, and looks at what a command said. The lib.sh of each folder reads this one first and adds its own.
set -u
: "${HALLOC_SOURCE:?run me through ctest}" "${HALLOC_BUILD:?run me through ctest}"
source_dir=$(realpath "$HALLOC_SOURCE")
build_dir=$(realpath "$HALLOC_BUILD")
test_dir=$(realpath "$(dirname "$0")")
halloc=$build_dir/halloc
[ -x "$halloc" ] || { echo "FAIL: no $halloc"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$source_dir/tests/leave_nothing" $$ "$work"
cd "$work" || exit 1
unset LD_PRELOAD HALLOC_CONF HALLOC_TRACE COLUMNS LINES NO_COLOR TMPDIR
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

skip() { # why; where nothing may be skipped (HALLOC_CI), and after a failure, that is a failure
    echo "skipped: $*"
    [ -z "${HALLOC_CI:-}" ] && [ $failures -eq 0 ] || exit 1
    exit 77
}

equal() { # WHAT WANTED GOT
    [ "$2" = "$3" ] || fail "$1: '$3', not '$2'"
}

line_in() { # FILE PATTERN
    local text
    text=$(cat "$1"; echo .) # read once: FILE may be a pipe
    grep -qE -- "$2" <<<"$text" || { fail "no line like '$2' in $1:"; head -c 2000 <<<"${text%.}"; }
}

status_of() { # WANTED COMMAND...: output to out and err
    local wanted=$1
    shift
    "$@" >out 2>err
    local got=$?
    [ "$got" = "$wanted" ] || { fail "exit status of '$*': $got, not $wanted"; head -c 2000 out; head -c 2000 err; }
}

program() { # NAME [COMPILER OPTION...]: NAME.c of the test's folder as ./NAME
    local name=$1
    shift
    ${CC:-gcc} -O1 -g -fno-builtin -I"$source_dir" -o "$name" "$test_dir/$name.c" "$@" -pthread ||
        { echo "FAIL: $name.c does not compile"; exit 1; }
}
