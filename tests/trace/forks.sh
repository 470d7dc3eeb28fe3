#!/bin/bash
# Forks from anywhere: with handlers that allocate and wait for threads that do, by signal handlers in the middle
# of a call or of another fork, by clone without libc. Nobody waits for ever, and each process has its own trace.
. "$(dirname "$0")/lib.sh"
program forks
program refuse

children() { # LEAST MOST OPERATIONS: so many files of children, each sound and with so many operations
    local child count=0
    for child in forks.htrace.*; do
        count=$((count + 1))
        [ "$3" = any ] || equal "$child: operations" "$3" "$(number "$child" operations)"
        "$halloc" stat "$child" >/dev/null 2>complaint || { fail "$child is damaged:"; cat complaint; }
    done
    ((count >= $1 && count <= $2)) || fail "$count children left a trace, not $1 to $2"
    rm -f forks.htrace.*
}

trace() { # WORD [COMMAND BEFORE...]
    # shellcheck disable=SC2086
    status_of 0 "${@:2}" timeout 300 "$halloc" trace -q $below --stacks -o forks.htrace -- ./forks "$1"
    sound forks.htrace
}

handlers() { # [COMMAND BEFORE...]
    trace handlers "$@"
    line_in <("$halloc" stat --json forks.htrace) '"fork": 5[,}]'
    children 5 5 any
}

for below in "" --below=halloc; do
    handlers
    trace clone
    equal "operations of the parent of clones" $((4 * 40000)) "$(number forks.htrace operations)"
    equal "missed in the parent of clones" 0 "$(number forks.htrace missed_calls)"
    children 3 3 40000
    trace signals
    children 300 2000 any
done
below=

# A kernel that can't clear a page for the child: it learns from libc what it is.
./refuse madvise EOPNOTSUPP 18 true
[ $? = 125 ] && echo "no seccomp filters here: without them" || handlers ./refuse madvise EOPNOTSUPP 18
finish "forks within handlers of fork, within handlers of signals, and without libc"
