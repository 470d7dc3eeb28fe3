#!/bin/bash
# A pid is not a process. Children of several pid namespaces with equal pids, one with the pid of the program
# itself, and files that lie there under a name to come: each process has a file of its own, and none is lost.
. "$(dirname "$0")/lib.sh"
program processes


# What is of an earlier recording stays, under its own name; the next process with its pid has another.
cat >next.sh <<'END'
"$1" trace -q -o earlier.htrace -- ./processes exec
for number in 1 2 3 4 5 6 7 8; do cp earlier.htrace same.htrace.$(($$ + number)); done
exec "$1" trace -o same.htrace -- sh -c './processes quiet; ./processes quiet; exit 7'
END
status_of 7 sh next.sh "$halloc"
earlier=0 recent=0
for file in same.htrace.*; do
    if cmp -s "$file" earlier.htrace; then earlier=$((earlier + 1)); else recent=$((recent + 1)); fi
done
equal "files of an earlier recording" 8 $earlier
equal "files of children of this one" 2 $recent
rm -f same.htrace*

unshare -Urpf --mount-proc true 2>/dev/null || skip "no pid namespaces here"
of_programs() { # files of ./processes, not of shells
    for file in same.htrace.*; do "$halloc" stat "$file" | head -1; done | grep -c ': ./processes quiet'
}

# Four namespaces; in each the second process is pid 2, if a shell is the first.
cat >spaces.sh <<'END'
for space in 1 2 3 4; do unshare -Urpf --mount-proc sh -c './processes quiet; exit 0' & done
wait
exit 3
END
status_of 3 "$halloc" trace -o same.htrace -- bash spaces.sh
equal "files of programs in namespaces" 4 "$(of_programs)"
for file in same.htrace same.htrace.*; do sound "$file"; done
grep "still runs" err && fail "a process of another pid namespace is taken for one that runs"
rm -f same.htrace*

# The child's pid there is the program's pid here.
cat >equal.sh <<'END'
export wanted=$$
unshare -Urpf --mount-proc sh -c 'echo $((wanted - 1)) >/proc/sys/kernel/ns_last_pid; ./processes quiet & echo $! >pid; wait'
exit 4
END
status_of 4 "$halloc" trace -o same.htrace -- bash equal.sh
if [ "$(number same.htrace pid)" = "$(cat pid)" ]; then
    line_in <("$halloc" stat same.htrace | head -1) 'bash equal.sh'
    equal "operations of the child" 140 "$(number "same.htrace.$(cat pid)" operations)"
    sound same.htrace
else
    echo "no pid can be asked for here"
fi
finish "equal pids"
