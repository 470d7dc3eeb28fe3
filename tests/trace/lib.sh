# lib.sh - what the shell tests of traces share: a folder that goes, the command, looks into traces.
set -u
: "${HALLOC_SOURCE:?run me through ctest}" "${HALLOC_BUILD:?run me through ctest}"
source_dir=$(realpath "$HALLOC_SOURCE")
build_dir=$(realpath "$HALLOC_BUILD")
halloc=$build_dir/halloc
[ -x "$halloc" ] || { echo "FAIL: no $halloc"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset LD_PRELOAD HALLOC_CONF HALLOC_TRACE
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
    grep -qE -- "$2" "$1" || { fail "no line like '$2' in $1:"; cat "$1"; }
}

status_of() { # WANTED COMMAND...: output to out and err
    local wanted=$1
    shift
    "$@" >out 2>err
    local got=$?
    [ "$got" = "$wanted" ] || { fail "exit status of '$*': $got, not $wanted"; cat err; }
}

program() { # NAME [COMPILER OPTION...]: tests/trace/NAME.c as ./NAME
    local name=$1
    shift
    gcc -O1 -g -fno-builtin -o "$name" "$source_dir/tests/trace/$name.c" -pthread "$@" || fail "$name does not compile"
}

number() { # FILE KEY: of halloc stat --json
    "$halloc" stat --json "$1" 2>/dev/null | sed -nE "s/.*\"$2\": ([0-9]+).*/\1/p" | head -1
}

sound() { # FILE: no damage, and every object that ends has begun
    "$halloc" stat "$1" >/dev/null 2>complaint || { fail "$1 is damaged:"; cat complaint; }
    "$halloc" export "$1" >sound.rep 2>/dev/null || fail "$1 can't be exported"
    "$halloc" import -o sound.htrace sound.rep 2>complaint || { fail "$1: an object ends that has not begun:"; cat complaint; }
}
