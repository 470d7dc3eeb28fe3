#!/bin/bash
# halloc gen: every shape makes a sound trace that says how it was made; options are held to.
. "$(dirname "$0")/lib.sh"
shapes=$("$halloc" gen --help | sed -nE 's/^  ([a-z0-9]+) .*/\1/p' | grep -v '^$')
[ "$(wc -w <<<"$shapes")" -ge 18 ] || fail "only these shapes: $shapes"
for shape in $shapes; do
    status_of 0 "$halloc" gen "$shape" -o one.htrace --operations=5000 --live=100 --threads=2
    status_of 0 "$halloc" gen "$shape" --threads=2 --live=100 -otwo.htrace --operations=5000
    status_of 0 "$halloc" diff one.htrace two.htrace
    status_of 0 "$halloc" stat one.htrace
    line_in out "halloc gen $shape --operations=5000 --live=100 --mean=256 --sizes=[a-z]+ --threads=2 --seed=1"
    [ "$shape" = robson ] || line_in out 'operations +5,000'
    line_in out 'threads +2'
done
status_of 0 "$halloc" gen shore -o u.htrace --sizes=uniform --mean=50 --operations=1000
status_of 0 "$halloc" stat u.htrace --json
status_of 2 "$halloc" gen
line_in err '^halloc gen: which shape\? `halloc gen --help` tells more$'
status_of 2 "$halloc" gen shore
status_of 2 "$halloc" gen shoer -o x.htrace
line_in err "there is no shape 'shoer'; there are: shore, robson, .*, realloc2; "
status_of 2 "$halloc" gen shore -o x.htrace --live=0
line_in err "^halloc gen: --live=0 is no number from 1 to 268435456; "
status_of 2 "$halloc" gen shore -o x.htrace --seed=-1
status_of 2 "$halloc" gen shore -o x.htrace --sizes=large
status_of 2 "$halloc" gen shore -o x.htrace --frobnicate
status_of 2 "$halloc" gen shore -o x.htrace --seed 5
line_in err '--seed is not an option, or lacks its =VALUE'
status_of 1 "$halloc" gen shore -o no/such/folder/x.htrace
[ ! -e x.htrace ] || fail "x.htrace was made"
mkfifo pipe
status_of 1 "$halloc" gen shore -o pipe
[ -p pipe ] || fail "a pipe was replaced by a file"
status_of 1 "$halloc" gen shore -o .
finish "gen: $(wc -w <<<"$shapes") shapes"
