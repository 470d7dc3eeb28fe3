#!/bin/bash
# No file over 400 lines, no function over 60, no line over 110 columns (src, tools, halloc.c; the
# manual halloc.h may be longer). The core, src/ without the rooms that do nothing unless a key asks for them,
# has at most 4,850 lines of code, and those rooms have limits of their own. Comments and blank lines are not counted
# there: they are the textbook, and a limit that counts them would be met by cutting what people came to read.
. "$(dirname "$0")/lib.sh"

files=$(find halloc.c src tools -name '*.[ch]' | sort)
code_of() { # FILE...: lines without comments and blank ones
    { for file in "$@"; do gcc -fpreprocessed -dD -E -P "$file" 2>/dev/null; done; } | grep -c '[^[:space:]]'
}
limit=$(code_of $(find src/limit -name '*.[ch]'))
optional=$(code_of $(find src/sample src/harden -name '*.[ch]'))
core=$(code_of $(find src -name '*.[ch]' ! -path 'src/limit/*' ! -path 'src/sample/*' ! -path 'src/harden/*'))
((core <= 4850)) || fail "the core has $core lines of code"
((limit <= 180)) || fail "limits have $limit lines of code"
((optional < 860)) || fail "samples and hardening have $optional lines of code"

# A function starts at a line that begins in column 0 with a word and, there or some lines on, ends
# in "{", after a ")"; it ends at a "}" in column 0. Its signature counts.
while read -r complaint; do
    fail "$complaint"
done < <(awk '
    FNR == 1 { inside = start = 0 }
    FNR == 401 && FILENAME != "halloc.h" { print FILENAME ": over 400 lines: find its second idea, and give it a file" }
    length($0) > 110 && $0 ~ /^[ -~]*$/ { print FILENAME ":" FNR ": " length($0) " columns" }
    !inside && /^[A-Za-z_]/ { start = FNR; head = "" }
    !inside && start { head = head $0 }
    !inside && start && /[;}]$/ && !/\{$/ { start = 0 }
    !inside && start && /\{$/ { if (head ~ /\) *\{$/) inside = 1; else start = 0 }
    inside && /^}/ {
        lines = FNR - start + 1
        if (lines > 60) print FILENAME ":" start ": a function of " lines " lines"
        inside = start = 0
    }' $files halloc.h)
finish "sizes; the core has $core lines of code, of 4,850; samples and hardening $optional, of 860; limits $limit, of 180"
