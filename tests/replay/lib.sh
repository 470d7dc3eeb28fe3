# lib.sh - what the shell tests of the replay share: synthetic traces, looks into its JSON.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

gen() { # SHAPE FILE [OPTION...]
    "$halloc" gen "$1" -o "$2" "${@:3}" || fail "gen $*"
}

# `board` is all of it, by(name) an entry of the board.
json_words='
board = it
def by(name):
    return next(entry for entry in board["policies"] if entry["name"] == name)'

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

shared() { # NAME [COMPILER OPTION...]: NAME.c of tests/replay/ as NAME.so
    compile_library "$@" <"$source_dir/tests/replay/$1.c"
}
