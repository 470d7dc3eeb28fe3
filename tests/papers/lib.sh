# lib.sh - what the tests of `halloc papers` share: looks into its JSON, as ./out.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# paper(name), rows(name), row(name, label) and claim(name, key) look things up.
json_words='
papers = it["papers"]
def paper(name):
    return next(entry for entry in papers if entry["name"] == name)
def rows(name):
    return paper(name)["rows"]
def row(name, label):
    return next(entry for entry in rows(name) if entry["label"] == label)
def claim(name, key):
    return next(entry["holds"] for entry in paper(name)["claims"] if entry["key"] == key)'

true_that() { # WHAT EXPRESSION
    equal "$1: $2" True "$(json "$2")"
}
