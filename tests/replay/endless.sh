#!/bin/bash
# What never comes to an end, an allocator or a policy, is said while one waits, and ends with its place and an honest
# status; in each command that replays.
. "$(dirname "$0")/lib.sh"
gen exponential a.htrace --operations=20000 --live=300
# Both turn in a circle, for ten seconds of the processor in one command each. In the two others that have the policy's
# patience it sends the timer's signal itself. Who sleeps for ever is given longer: lab/race.sh, with a limit of its own.
sed 's/^static char \*give_locked(.*/&\n    while (MISTAKE == 5 \&\& calls > AFTER) __asm__ volatile("");/' "$test_dir/bad_malloc.c" |
    compile_library endless -DMISTAKE=5
{ printf '#include <signal.h>\n#include <stdlib.h>\n'
  sed 's/^static MemoryBlock \*find(.*/&\n    while (set->finds > 2000) getenv("HURRY") ? raise(SIGVTALRM) : 0;/' "$test_dir/own_policy.c"; } |
    compile_library circle -DMISTAKE=0

commands=(
    "replay a.htrace --with ./endless.so --check --repeat=1"
    "explain a.htrace --policy ./circle.so --with address --at end"
    "map a.htrace --policy ./circle.so --with address -o m.html"
    "diff a.htrace --policy ./circle.so --with address,first"
)
for index in "${!commands[@]}"; do
    ((index < 2)) || export HURRY=1
    # shellcheck disable=SC2086
    { timeout 300 "$halloc" ${commands[$index]} >out.$index 2>err.$index; echo $? >status.$index; } &
done
wait
for index in "${!commands[@]}"; do
    equal "${commands[$index]}: status" 1 "$(cat status.$index)"
done
line_in err.0 '^halloc: ./endless.so does not get on, at or soon after operation [0-9]+; it is given 10 s of work in all, or 60 s of waiting$'
line_in out.0 'endless.so +it hangs, at or soon after operation [0-9]+$'
for index in 1 2 3; do
    line_in err.$index "^halloc ${commands[$index]%% *}: the policy 'address' does not come to an end at operation [0-9]+; "
done
[ -z "$(ls m.html* 2>/dev/null)" ] || fail "a map of nothing: $(ls m.html*)"
finish "what does not end"
