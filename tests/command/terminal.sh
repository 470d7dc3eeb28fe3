#!/bin/bash
# On a narrow terminal no line of a table is wider than the terminal: the last columns go, or a name is cut. A terminal
# whose locale has no UTF-8 gets ASCII. A pipe gets all of it.
. "$(dirname "$0")/lib.sh"
command -v script >/dev/null || skip "no script(1), which makes terminals"
trace=$source_dir/traces/lua.htrace
printf '# a script\na 0 100\na 1 200\nf 0\n' >named.script

on_terminal() { # COLUMNS COMMAND...: to ./out, without returns
    local columns=$1
    shift
    script -qec "stty cols $columns; $*" /dev/null </dev/null | tr -d '\r' >out
}

widest() { # FILE: its widest line, in columns
    LC_ALL=C.UTF-8 wc -L <"$1"
}

env LD_PRELOAD="$library" sleep 1000 &
sleeper=$!
soon sh -c "'$halloc' ps | grep -q '^ *$sleeper .*[0-9] *$'" || fail "ps does not know it: $("$halloc" ps)"
"$halloc" trace --stacks -o sites.htrace -- bash -c 'for i in {1..200}; do x+=$i; done' >out 2>err || fail "trace: $(cat err)"
for columns in 40 60 80 100; do
    for words in "stat $trace" "stat sites.htrace" ps "top --times 1" "top --plain --times 1"; do
        on_terminal $columns TERM=dumb "$halloc" $words
        [ "$(wc -l <out)" -gt 1 ] || fail "halloc $words has no lines: $(cat out)"
        wide=$(widest out)
        [ "$wide" -le $columns ] || fail "halloc $words at $columns columns: a line of $wide"
    done
done
on_terminal 40 "$halloc" stat "$trace"
line_in out '^  peak +2\.9 MiB$'
line_in out '^       32 B to 63 B +107,863$'
line_in out '^               0   232.8 us     25,481$'
on_terminal 40 "$halloc" stat sites.htrace
line_in out '^ +requested$'
line_in out '^ +[0-9.]+ [KM]iB  [a-z]'
on_terminal 40 "$halloc" ps
line_in out "^ +$sleeper  sleep +[0-9.]+ MiB$"
on_terminal 80 "$halloc" ps
line_in out "^ +$sleeper  sleep .* [0-9.]+ KiB +[0-9]+$"
on_terminal 91 "$halloc" ps
line_in out "^ +$sleeper  sleep .* [0-9.]+ KiB +[0-9]+ +1$"
kill $sleeper

# The locale of these tests is C.
for words in "stat $trace" "map --tty --with first $trace" "map --tty --with process $trace"; do
    on_terminal 100 NO_COLOR=1 "$halloc" $words
    LC_ALL=C grep -q $'[\x80-\xff]' out && fail "halloc $words: more than ASCII under LC_ALL=C"
    line_in out '##########'
    on_terminal 100 TERM=xterm "$halloc" $words
    LC_ALL=C grep -q $'[\x80-\xff]' out && fail "halloc $words: more than ASCII under LC_ALL=C, with colours"
    on_terminal 100 LC_ALL=C.UTF-8 TERM=xterm "$halloc" $words
    LC_ALL=C grep -q $'[\x80-\xff]' out || fail "halloc $words: only ASCII under LC_ALL=C.UTF-8"
done
"$halloc" map --tty --with first "$trace" >piped
line_in piped '█▓▒░ in use, much to little   · free$'
"$halloc" stat "$trace" >piped
line_in piped '^       32 B to 63 B +107,863 +4\.8 MiB +0  (█){30}$'
finish "tables on terminals"
