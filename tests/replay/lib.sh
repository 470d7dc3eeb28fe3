# lib.sh - what the shell tests of the replay share: a folder that goes, the command, looks into its JSON.
set -u
: "${HALLOC_SOURCE:?run me through ctest}" "${HALLOC_BUILD:?run me through ctest}"
source_dir=$(realpath "$HALLOC_SOURCE")
build_dir=$(realpath "$HALLOC_BUILD")
halloc=$build_dir/halloc
[ -x "$halloc" ] || { echo "FAIL: no $halloc"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset LD_PRELOAD HALLOC_CONF
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
    [ "$got" = "$wanted" ] || { fail "exit status of '$*': $got, not $wanted"; cat out err; }
}

gen() { # SHAPE FILE [OPTION...]
    "$halloc" gen "$1" -o "$2" "${@:3}" || fail "gen $*"
}

# A Python expression over `out`: `board` is all of it, by(name) an entry of the board.
json() { # EXPRESSION
    python3 - "$1" <<'PYTHON'
import json, sys
board = json.load(open("out"))
def by(name):
    return next(entry for entry in board["policies"] if entry["name"] == name)
print(eval(sys.argv[1]))
PYTHON
}

# Without what may differ from run to run: keys that end in _ns or _seconds.
timeless() { # FILE
    python3 - "$1" <<'PYTHON'
import json, sys
def strip(value):
    if isinstance(value, dict):
        return {key: strip(item) for key, item in value.items() if not key.endswith(("_ns", "_seconds"))}
    return [strip(item) for item in value] if isinstance(value, list) else value
print(json.dumps(strip(json.load(open(sys.argv[1]))), indent=1))
PYTHON
}

shared() { # NAME [COMPILER OPTION...]: tests/replay/NAME.c as NAME.so
    local name=$1
    shift
    ${CC:-gcc} -O1 -g -fno-builtin -shared -fPIC -I"$source_dir" -o "$name.so" "$source_dir/tests/replay/$name.c" "$@" -ldl ||
        { echo "FAIL: $name.c does not compile"; exit 1; }
}
