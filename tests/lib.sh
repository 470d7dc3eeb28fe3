# lib.sh - what all shell tests share: a scratch folder that goes when the test ends, complaints that are counted,
# and looks at what a command said. The lib.sh of a folder reads this one first and adds its own subject.
set -u
: "${HALLOC_SOURCE:?run me through ctest}" "${HALLOC_BUILD:?run me through ctest}"
source_dir=$(realpath "$HALLOC_SOURCE")
build_dir=$(realpath "$HALLOC_BUILD")
test_dir=$(realpath "$(dirname "$0")")
halloc=$build_dir/halloc
library=$build_dir/libhalloc.so
failures=0

# --- Beginning and ending ------------------------------------------------------------------------------

fail() { # WHY: is counted, and the test goes on
    echo "FAIL: $*"
    failures=$((failures + 1))
}

die() { # WHY: the test can't go on, or what it looked at is clear
    fail "$*"
    exit 1
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

leave() { # [STATUS]: the scratch folder goes; and no test passes that counted a failure
    local status=${1:-$?}
    [ "$status" -ne 0 ] || status=$((failures > 0))
    cd /
    rm -rf "$work"
    exit "$status"
}

[ -x "$halloc" ] || die "no $halloc"
work=$(mktemp -d)
trap leave EXIT
"$source_dir/tests/leave_nothing" $$ "$work"
cd "$work" || exit 1
unset LD_PRELOAD HALLOC_CONF HALLOC_REPORT HALLOC_TRACE COLUMNS LINES NO_COLOR TMPDIR
export LC_ALL=C

# --- Looking ---------------------------------------------------------------------------------------------

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

# The value of a Python expression over the JSON in FILE, which is `it`. A folder's lib.sh names what its tests look
# up in $json_words, which are Python too.
json_words=
json() { # EXPRESSION [FILE]: FILE is ./out if it is not named
    python3 - "$1" "${2:-out}" <<PYTHON
import json, sys
it = json.load(open(sys.argv[2]))
$json_words
print(eval(sys.argv[1]))
PYTHON
}

soon() { # COMMAND...: tries it until it succeeds; it has five minutes, for machines are shared
    for _ in {1..3000}; do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    return 1
}

halloc_version() { # as halloc.h has it
    local part
    for part in MAJOR MINOR PATCH; do
        sed -nE "s/^#define HALLOC_VERSION_$part ([0-9]+)/\1/p" "$source_dir/halloc.h"
    done | paste -sd.
}

# --- Programs, compiled here -------------------------------------------------------------------------------

compile() { # NAME [COMPILER OPTION...]: the C that comes in becomes ./NAME
    local name=$1
    shift
    cat >"$name.c"
    ${CC:-gcc} -std=gnu17 -O1 -g -fno-builtin -Wall -Wextra -I"$source_dir" -I"$test_dir" -o "$name" "$name.c" "$@" \
        -pthread -ldl || die "$name.c does not compile"
}

compile_library() { # the same for NAME.so
    compile "$@" -fPIC -shared
    mv "$1" "$1.so"
}

program() { # NAME [COMPILER OPTION...]: NAME.c of the test's folder as ./NAME
    compile "$@" <"$test_dir/$1.c"
}
