#!/bin/bash
# `halloc lab init` makes a folder in which all works at once; it replaces nothing.
. "$(dirname "$0")/lib.sh"
status_of 0 "$halloc" lab init own
cd own || exit 1
make check >../out 2>&1 || fail "make check: $(cat ../out)"
line_in ../out '^passed: '
make python >../out 2>&1 || fail "make python: $(cat ../out)"
line_in ../out 'lists in a dictionary'
python3 - <<'END' || fail "Python asks mine.c too seldom: $(grep finds ../out)"
import re
finds = [int(n.replace(",", "")) for n in re.findall(r"made ([\d,]+) finds", open("../out").read())]
assert max(finds) > 80000, finds
END
for name in traces/git.htrace exercises/02-implicit.c examples/my_policy.c halloc.h; do
    [ -r "$name" ] || fail "the folder has no $name"
done
cd ..
status_of 0 "$halloc" lab grade own
status_of 2 "$halloc" lab init own
line_in err 'own: is there already'
status_of 2 "$halloc" lab init
status_of 2 "$halloc" lab init one two
[ ! -e one ] || fail "a wrong command line makes a folder"
finish "a folder to work in"
