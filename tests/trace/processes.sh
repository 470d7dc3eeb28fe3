#!/bin/bash
# A forked child has a trace of its own beside its parent's; an exec begins the file anew; a child that
# execs has a file, too. What is not recorded is said.
. "$(dirname "$0")/lib.sh"
program processes

status_of 5 "$halloc" trace -o fork.htrace -- ./processes fork
equal "the parent's operations" $((1 + 1000 + 1 + 1)) "$(number fork.htrace operations)"
line_in <("$halloc" stat --json fork.htrace) '"fork": 1[,}]'
child=$(echo fork.htrace.*)
equal "the child's operations" 601 "$(number "$child" operations)"
line_in <("$halloc" stat --json "$child") '"unknown free": 1, '
equal "the child's parent" "$(number fork.htrace pid)" "$(number "$child" parent_pid)"
equal "the child's name" "fork.htrace.$(number "$child" pid)" "$child"
line_in err "fork.htrace.[0-9]+: 601 operations"
sound fork.htrace
sound "$child"

status_of 7 "$halloc" trace -o exec.htrace -- ./processes exec
equal "operations after exec" 140 "$(number exec.htrace operations)"
line_in <("$halloc" stat exec.htrace) 'processes quiet'
equal "files" exec.htrace "$(echo exec.htrace*)"

# A shell that starts two programs: three files, each readable.
status_of 7 "$halloc" trace -o shell.htrace -- sh -c './processes exec; ./processes quiet; exit $?'
for pid in shell.htrace.*; do
    equal "$pid" 140 "$(number "$pid" operations)"
done
equal "files" 3 "$(ls shell.htrace* | wc -l)"

# A second recording does not take the first's children for its own.
status_of 7 "$halloc" trace -o shell.htrace -- ./processes quiet
grep -q "shell.htrace\.[0-9]" err && fail "files of an earlier recording are told of"

# A program that closes every file descriptor, and has many blocks to write afterwards.
compile closing <<'END'
#include <stdlib.h>
#include <unistd.h>
int main(void) {
    free(malloc(1));
    for (int fd = 0; fd < 1024; fd++) close(fd);
    for (int i = 0; i < 300000; i++) free(malloc(i % 5000));
    return 0;
}
END
status_of 0 "$halloc" trace -o closing.htrace -- ./closing
equal "operations after closing all" 600002 "$(number closing.htrace operations)"
sound closing.htrace

gcc -static -fno-builtin -o static closing.c 2>/dev/null && {
    status_of 0 "$halloc" trace -o static.htrace -- ./static
    line_in err "nothing was recorded: './static': it is statically linked"
}
finish "fork, exec, shells, closed descriptors"
