#!/bin/bash
# The line that check prints for gdb works: it stops before the failing operation, in a process where the policy's
# functions can be stopped in by name.
. "$(dirname "$0")/lib.sh"
command -v gdb >/dev/null || skip "no gdb"
planted 3 # REMOVE_FORGETS
export CC="gcc -DMISTAKE=3"
gdb -q -batch -iex "set debuginfod enabled off" -ex run -ex "break take_out" -ex continue -ex backtrace -ex continue \
    --args "$halloc" lab check planted.c planted.failing.htrace --stop >out 2>&1
line_in out 'stops before operation [0-9]+: free\('
line_in out 'SIGTRAP'
line_in out 'take_out .*planted.c:[0-9]+'
line_in out 'remove left the block'
finish "gdb stops where it is told to"
