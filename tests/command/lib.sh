# lib.sh - what the tests of `halloc run` share: a look into reports.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

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
