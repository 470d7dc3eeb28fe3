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

# On a full disk nothing stays that would be in the way of the next try.
full() { (trap '' XFSZ; ulimit -f 0; "$halloc" lab "$@" 2>&1 | cat); }
line_in <(full new try.c) 'cannot write try.c: File too large'
line_in <(full init try) 'cannot write try/mine.c: File too large'
[ ! -e try.c ] && [ ! -e try ] || fail "a part of a file, or of a folder, stays"
finish "a folder to work in"
