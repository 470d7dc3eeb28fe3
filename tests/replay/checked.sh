#!/bin/bash
# halloc replay --check, of allocators in shared objects and of policies: what is wrong is found, what is well is
# not complained about, and a crash is told with its place.
. "$(dirname "$0")/lib.sh"
gen exponential a.htrace --operations=40000 --live=300
gen exponential t.htrace --operations=40000 --live=300 --threads=3

shared bad_malloc -DMISTAKE=0
status_of 0 "$halloc" replay a.htrace --with ./bad_malloc.so --check --json --repeat=1
equal "a sound one is well" True "$(json 'board["policies"][0]["ok"]')"

found() { # TRACE WHAT OPTION...
    "$halloc" replay "$1.htrace" --with ./bad_malloc.so --json --repeat=1 "${@:3}" >out 2>err
    equal "status, $*" 1 $?
    equal "$*" True "$(json "'$2' in by('./bad_malloc.so')['problem']") "
    number=$(json 'by("./bad_malloc.so")["problem"]' | sed -nE 's/.*operation ([0-9]+).*/\1/p')
    [ "${number:-0}" -gt 1000 ] && [ "$number" -lt 12000 ] || fail "$*: the place: $(cat out)"
}
equal() { # WHAT WANTED GOT
    [ "$2" = "${3% }" ] || { fail "$1: '$3', not '$2'"; cat out; }
}
for trace in a t; do
    mode=--serial
    [ $trace = a ] || mode=--threads
    shared bad_malloc -DMISTAKE=1
    found $trace "is not aligned to" --check $mode
    shared bad_malloc -DMISTAKE=2
    found $trace "overlap" --check $mode
    shared bad_malloc -DMISTAKE=3
    "$halloc" replay $trace.htrace --with ./bad_malloc.so,glibc --json --repeat=1 $mode --check >out 2>err
    equal "status after a crash" 1 $?
    equal "a crash" True "$(json "'signal 11' in by('./bad_malloc.so')['problem']")"
    equal "the next is measured all the same" True "$(json 'by("glibc")["ok"]')"
done
shared bad_malloc -DMISTAKE=4
status_of 0 "$halloc" replay a.htrace --with ./bad_malloc.so --json --repeat=1 --check
equal "failures are counted" True "$(json 'by("./bad_malloc.so")["failures"] > 10000')"

shared own_policy -DMISTAKE=1
status_of 1 "$halloc" replay a.htrace --policy own_policy.so --with first --check --json --repeat=1
equal "a policy's mistake" True "$(json "'find gave a block that is too small' in by('address')['problem']")"
equal "the others are well" True "$(json 'by("first")["ok"]')"
status_of 1 "$halloc" replay a.htrace --policy own_policy.so --with first --check --repeat=1
line_in out 'address +operation [0-9]+ \(malloc\): for [0-9]+ bytes the policy.s find gave a block that is too small'

# One that leaves is no winner: each command says so.
sed 's/^static MemoryBlock \*find(.*/#include <stdlib.h>\n&\n    if (set->finds > 2000)\n        exit(0);/' "$test_dir/own_policy.c" |
    compile_library leaves -DMISTAKE=0
sed 's/ exit(0)/ _exit(0)/; s/stdlib.h/unistd.h/' leaves.c | compile_library leaves_at_once -DMISTAKE=0
sed 's/ exit(0)/ abort()/' leaves.c | compile_library dies -DMISTAKE=0
for one in leaves leaves_at_once dies; do
    what="called exit"
    [ $one != dies ] || what="died of (a signal|signal 6 .Aborted.,)"
    status_of 1 "$halloc" replay a.htrace --policy $one.so --with address,first --repeat=0
    line_in out "^ +address +it $what,? at or soon after operation [0-9]+$"
    grep -q '^ .\* *address' out && fail "$one has a star"
    for command in map explain diff; do
        given="--with address$([ $command != diff ] || echo ,first)"
        # shellcheck disable=SC2086
        status_of 1 "$halloc" $command a.htrace --policy ./$one.so $given
        line_in err "^halloc $command: the policy 'address' $what at operation [0-9]+; "
    done
done
finish "checks of allocators and policies"
