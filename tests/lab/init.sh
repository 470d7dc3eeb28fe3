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

# Folders with a space: what can't work there is said beforehand, all else works.
mkdir 'a folder'
status_of 0 "$halloc" lab init 'a folder/own'
line_in out "LD_PRELOAD can't hold it, so .make python. can't work"
cp "$halloc" "$build_dir"/libhalloc.so.? "$build_dir/halloc.h" 'a folder'/
status_of 0 'a folder/halloc' lab init spaced
line_in out "There is a space or a colon in $work/a folder:"
(cd spaced && make check && make python) >out 2>err && fail "make python works by a path with a space"
line_in out '^passed: '
line_in err "LD_PRELOAD can't hold a path with a space or a colon"
mkdir -p 'a folder/tools'
cp "$source_dir/tools/build-with-gcc.sh" 'a folder/tools/'
CC=false status_of 1 sh 'a folder/tools/build-with-gcc.sh'
line_in err 'a space or a colon'

# An installed one, with its header elsewhere.
mkdir -p prefix/bin prefix/include prefix/lib
cp "$halloc" prefix/bin/
cp "$build_dir"/libhalloc.so.? prefix/lib/
cp "$build_dir/halloc.h" prefix/include/
status_of 0 prefix/bin/halloc lab init installed
make -C installed python >out 2>&1 || fail "installed elsewhere: $(cat out)"

# On a full disk nothing stays that would be in the way of the next try.
full() { (ulimit -f 0; "$halloc" lab "$@" 2>&1 | cat); }
line_in <(full new try.c) 'cannot write try.c: File too large'
line_in <(full init try) 'cannot write try/mine.c: File too large'
[ ! -e try.c ] && [ ! -e try ] || fail "a part of a file, or of a folder, stays"
finish "a folder to work in"
