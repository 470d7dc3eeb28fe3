# lib.sh - what the tests of `halloc run` share: a folder that goes, small programs, a look into reports.
set -u
: "${HALLOC_SOURCE:?run me through ctest}" "${HALLOC_BUILD:?run me through ctest}"
source_dir=$(realpath "$HALLOC_SOURCE")
halloc=$(realpath "$HALLOC_BUILD")/halloc
[ -x "$halloc" ] || { echo "FAIL: no $halloc"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset COLUMNS NO_COLOR HALLOC_CONF LD_PRELOAD TMPDIR
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
    equal "exit status of '$*'" "$wanted" $?
}

program() { # NAME [COMPILER OPTION...]: tests/command/NAME.c as ./NAME
    local name=$1
    shift
    ${CC:-gcc} -O1 -fno-builtin -I"$source_dir" -o "$name" "$source_dir/tests/command/$name.c" "$@" -pthread ||
        { echo "FAIL: $name.c does not compile"; exit 1; }
}

# A Python expression over a report in JSON: `report` is all of it, `main` the program's last record,
# `by(word)` the records of programs that ended so, `all` all records.
json() { # FILE EXPRESSION
    python3 - "$1" "$2" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
all = report["processes"]
main = next((record for record in all if record["is_command"]), None)
def by(word):
    return [record for record in all if record["ended"] == word]
print(eval(sys.argv[2]))
PYTHON
}

run_json() { # ARGUMENT...: halloc run, its report in report.json, its status in $status
    "$halloc" run --json -o report.json -- "$@" >out 2>err
    status=$?
}
