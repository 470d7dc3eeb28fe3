#!/bin/bash
# What a program calls is what stands in its trace, exactly: on glibc, on Halloc, with call sites, times and
# addresses or without. Its output and exit status stay its own.
. "$(dirname "$0")/lib.sh"

program calls
look() { # WHAT FILE
    line_in <("$halloc" stat --json "$2") '"malloc": 20002, "calloc": 1, "aligned": 3, "realloc": 2, "free": 20005, "sized free": 0, "free\(NULL\)": 2, "unknown free": 0, "failure": 3,'
    equal "$1: operations" 40018 "$(number "$2" operations)"
    equal "$1: never freed" 4321 "$(number "$2" never_freed_bytes)"
    equal "$1: missed" 0 "$(number "$2" missed_calls)"
    equal "$1: peak" 4321 "$(number "$2" peak_bytes)"
    sound "$2"
}

for options in "" "--below=halloc" "--stacks=4" "--times --addresses" "--below=halloc --stacks --times --addresses"; do
    # shellcheck disable=SC2086
    status_of 42 "$halloc" trace $options -o calls.htrace -- ./calls
    equal "output with '$options'" made "$(cat out)"
    look "with '$options'" calls.htrace
    line_in err '^halloc trace: calls.htrace: 40,018 operations of 1 thread, '
done

# Three bytes an operation at most, without the optional columns.
status_of 42 "$halloc" trace -q -o calls.htrace -- ./calls
equal "-q: stderr" "" "$(cat err)"
(($(number calls.htrace file_bytes) <= 3 * 40018)) || fail "more than 3 bytes an operation"

# The command is told so that a shell would read the same words.
"$halloc" trace -q -o words.htrace -- sh -c 'exit 0' "it's" '' '*' >/dev/null
equal "the command" "words.htrace: sh -c 'exit 0' 'it'\\''s' '' '*'" "$("$halloc" stat words.htrace | head -1)"

# Call sites have names, and addresses are such as the program saw.
"$halloc" trace -q --stacks=2 -o sites.htrace -- ./calls >/dev/null
"$halloc" stat sites.htrace >out
grep -q 'libdw' <(ldd "$halloc") && line_in out 'main \(calls.c:[0-9]+\)'
line_in out 'call sites'
"$halloc" stat --json sites.htrace | python3 -m json.tool >/dev/null || fail "--json is no JSON"

# Whatever lies where a frame pointer might be; and a function's own line where another is inlined into it.
program frames -fno-omit-frame-pointer
for frames in 1 8 64; do
    status_of 0 "$halloc" trace -q --stacks=$frames -o frames.htrace -- ./frames
    equal "output with --stacks=$frames" walked "$(cat out)"
done
"$halloc" stat frames.htrace >out
line=$(grep -n '/\* OUTER \*/' "$test_dir/frames.c" | cut -d: -f1)
grep -q 'libdw' <(ldd "$halloc") && line_in out "outer \(frames\.c:$line\)"

# No file descriptor more than the program would have.
compile fds <<'END'
#include <fcntl.h>
#include <stdlib.h>
int main(void) { for (int i = 0; i < 9000; i++) free(malloc(10)); return open("/dev/null", O_RDONLY); }
END
./fds
untraced=$?
status_of "$untraced" "$halloc" trace -q -o fds.htrace -- ./fds

# Exit statuses of its own.
status_of 127 "$halloc" trace -o x.htrace -- ./not-there
line_in err "cannot start './not-there': No such file"
echo text >plain
chmod 600 plain
status_of 126 "$halloc" trace -o x.htrace -- ./plain
status_of 2 "$halloc" trace
status_of 2 "$halloc" trace --stacks=0 -- ./calls
status_of 1 "$halloc" trace -o plain -- ./calls
line_in err 'plain exists and is no trace: not overwritten'
equal "what was not overwritten" text "$(cat plain)"
status_of 1 "$halloc" trace -o no/where.htrace -- ./calls
status_of 1 "$halloc" trace --below=nosuch.so -o x.htrace -- ./calls
equal "an allocator that is not there" "halloc trace: --below nosuch.so: No such file or directory" "$(cat err)"
mkdir 'a folder'
cp "$halloc" "$build_dir/libhalloc-trace.so" 'a folder'/
status_of 1 'a folder/halloc' trace -o x.htrace -- ./calls
equal "a folder with a space" "halloc trace: LD_PRELOAD can't hold a path with a space or a colon: $work/a folder/libhalloc-trace.so" "$(cat err)"

finish "every call of a program with each set of options"
