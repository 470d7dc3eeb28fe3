# lib.sh - what the tests of `halloc run` share: a look into reports.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# `report` is all of it, `main` the program's last record, `by(word)` the records of programs that ended so, `all`
# all records.
json_words='
report, all = it, it["processes"]
main = next((record for record in all if record["is_command"]), None)
def by(word):
    return [record for record in all if record["ended"] == word]'

run_json() { # ARGUMENT...: halloc run, its report in report.json, its status in $status
    "$halloc" run --json -o report.json -- "$@" >out 2>err
    status=$?
}

reported() { # EXPRESSION: of that report
    json "$1" report.json
}
