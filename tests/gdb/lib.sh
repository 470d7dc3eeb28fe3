# lib.sh - what the tests of gdb's commands share: gdb in batch mode on a small program.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
command -v gdb >/dev/null || skip "gdb is not installed"
script=$source_dir/tools/gdb/halloc-gdb.py

# The program, with $arguments, runs on $library until it calls abort(), or to the function in $stop; then each
# command.
debug() { # PROGRAM COMMAND...: output to out
    local all=(-nx -batch -ex "set startup-with-shell off" -ex "set env LD_PRELOAD $library"
        -ex "set env HALLOC_CONF $conf" -ex "set args $arguments") program=$1 command
    shift
    [ -z "$stop" ] || all+=(-ex "break $stop")
    all+=(-ex "source $script" -ex run)
    for command in "$@"; do
        all+=(-ex "$command")
    done
    gdb "${all[@]}" "$program" >out 2>&1 </dev/null
    ! grep -q "ptrace: Operation not permitted" out || skip "nobody may be traced here"
}
conf=reserve:64M # so that a core file is no larger
stop=
arguments=

lacks() { # FILE PATTERN
    ! grep -qE -- "$2" "$1" || { fail "a line like '$2' in $1:"; head -c 2000 "$1"; }
}
