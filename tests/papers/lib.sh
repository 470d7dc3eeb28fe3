# lib.sh - what the tests of `halloc papers` share: looks into its JSON, as ./out.
. "$(dirname "$0")/../lib.sh"

# A Python expression; paper(name), row(name, label) and claim(name, key) look things up.
json() { # EXPRESSION
    python3 - "$1" <<'PYTHON'
import json, sys
papers = json.load(open("out"))["papers"]
def paper(name):
    return next(entry for entry in papers if entry["name"] == name)
def rows(name):
    return paper(name)["rows"]
def row(name, label):
    return next(entry for entry in rows(name) if entry["label"] == label)
def claim(name, key):
    return next(entry["holds"] for entry in paper(name)["claims"] if entry["key"] == key)
print(eval(sys.argv[1]))
PYTHON
}

true_that() { # WHAT EXPRESSION
    equal "$1: $2" True "$(json "$2")"
}
