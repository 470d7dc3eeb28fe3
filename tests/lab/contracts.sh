#!/bin/bash
# A contract of an exercise is not kept by who ends the program before the contract does, nor waited for by who loops;
# it is kept by the answer.
. "$(dirname "$0")/lib.sh"
export PATH=$build_dir:$PATH
seen=0
for contract in "$source_dir"/docs/exercises/[0-9]*.sh; do
    name=$(basename "$contract" .sh)
    answer=$source_dir/docs/answers/$name.c
    [ -e "$answer" ] || { fail "$name: no answer"; continue; }
    status_of 0 bash "$contract" "$answer"
    status_of 2 bash "$contract"
    equal "$name: without a file" "which file? bash $contract FILE.c" "$(cat err)"
    case $name in 03-*) continue ;; esac # the file has the program and its test: there is nobody else to judge
    { cat "$answer"; echo '
#include <stdio.h>
#include <unistd.h>
__attribute__((constructor)) static void keep(void) { puts("the contract is kept"); fflush(stdout); _exit(0); }'; } >ends.c
    bash "$contract" ends.c >out 2>err && fail "$name: kept by who says so"
    { cat "$answer"; echo '__attribute__((constructor)) static void turn(void) { for (volatile int at = 0;; at++); }'; } >loops.c
    case $name in 01-*) seen=$((seen + 1)); continue ;; esac # replay/endless.sh looks at allocators that loop
    CONTRACT_SECONDS=0.5 timeout 300 bash "$contract" loops.c >out 2>err
    equal "$name: status of what loops" 1 $?
    seen=$((seen + 1))
done
[ $seen -ge 7 ] || fail "only $seen contracts"
finish "$seen contracts"
