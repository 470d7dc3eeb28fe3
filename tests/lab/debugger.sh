#!/bin/bash
# The line that check prints for gdb works: it stops before the failing operation, in a process where the policy's
# functions can be stopped in by name.
. "$(dirname "$0")/lib.sh"
command -v gdb >/dev/null || skip "no gdb"
planted 3 # REMOVE_FORGETS
export CC="gcc -DMISTAKE=3"
"$halloc" lab check planted.c >said
hint=$(sed -n 's/.*then `\(break [^`]*\)` and `continue`$/\1/p' said)
equal "what is said to break at" "break planted.c:take_out" "$hint"
gdb -q -batch -iex "set debuginfod enabled off" -ex run -ex "$hint" -ex continue -ex backtrace -ex continue \
    --args "$halloc" lab check planted.c planted.failing.htrace --stop >out 2>&1
line_in out 'stops before operation [0-9]+: free\('
line_in out 'SIGTRAP'
line_in out 'take_out .*planted.c:[0-9]+'
line_in out 'remove left the block'
# Others have functions called find; it stops in the one of that file.
planted 7 # FIND_TOO_SMALL
export CC="gcc -DMISTAKE=7"
"$halloc" lab check planted.c >said
hint=$(sed -n 's/.*then `\(break [^`]*\)` and `continue`$/\1/p' said)
equal "what is said to break at in find" "break planted.c:find" "$hint"
gdb -q -batch -iex "set debuginfod enabled off" -ex run -ex "$hint" -ex "info breakpoints" -ex continue -ex backtrace \
    --args "$halloc" lab check planted.c planted.failing.htrace --stop >out 2>&1
line_in out 'find .*planted.c:[0-9]+'
equal "one place" 0 "$(grep -c '<MULTIPLE>' out)"
finish "gdb stops where it is told to"
