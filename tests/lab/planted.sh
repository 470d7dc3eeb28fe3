#!/bin/bash
# Each mistake that is planted in a sound policy is found, with the rule it breaks and the hook that does it, by a
# trace of a few operations; and the sound one passes.
. "$(dirname "$0")/lib.sh"

mistake=$(grep -oE '^#define [A-Z_]+ +[0-9]+' "$test_dir/planted.c" | grep -v MISTAKE)
number_of() { # NAME
    awk -v name="$1" '$2 == name { print $3 }' <<<"$mistake"
}

seen=""
found() { # NAME RULE HOOK OPERATIONS-AT-MOST [OPTION...]
    planted "$(number_of "$1")" "${@:5}"
    seen="$seen $1"
    equal "$1: status" 1 "$status"
    equal "$1: rule, hook, few enough operations, none to spare" "$2 $3 True True" \
        "$(json '"%s %s %s %s" % (verdict["rule"], verdict["hook"], len(verdict["minimal_trace"]) <= '"$4"', verdict["minimal"])')"
}

planted 0
equal "the sound one: status" 0 "$status"
equal "the sound one: passed" True "$(json 'verdict["passed"]')"
equal "the sound one: no find misses" 0 "$(json 'verdict["misses"]')"
seen=" SOUND"

found INSERT_FORGETS insert-forgets insert 3
found INSERT_LOSES insert-loses insert 3
found REMOVE_FORGETS remove-forgets remove 8
found REMOVE_LOSES remove-loses remove 8
found LIST_CYCLE links insert 3
found FIND_LOOPS hang find 3 --limit 0.3
found FIND_TOO_SMALL find-too-small find 6
found FIND_IN_USE find-in-use find 2
found FIND_WILD find-no-block find 4
found FIND_MISSES find-misses find 8 --strict
found FIND_NEVER find-never find 1
found FIND_MOVES find-changes find 1
found OVERLAP record insert 6
found STRAY_WRITE bytes None 2
found APART apart None 2
equal "where to look" may_merge "$(json 'verdict["look_at"]')"
found MERGE_WAVERS merge-wavers may_merge 2
found PIECE_ZERO piece piece 3
found PIECE_ODD piece piece 3
found PIECE_LONG piece piece 3
found ROUND_DOWN round-size round_size 1
found CRASH_IN_REMOVE crash remove 4
equal "the signal" 11 "$(json 'verdict["signal"]')"
found CRASH_IN_INSERT crash insert 3
found EXITS exit insert 6
found DIVIDES divides find 2
equal "no memory is blamed for a division" "it divided by zero, in find" "$(json 'verdict["message"]')"
found SLEEPS hang find 2 --limit 0.05
equal "who waits" "it waits: it does not come to an end within 1.5 s, in find" "$(json 'verdict["message"]')"
equal "no list is blamed for a sleep" False "$(json '"circle" in verdict["hint"]')"
found CALLS_ABORT abort insert 6
equal "what it printed" True "$(json '"too many" in verdict["printed"]')"
equal "and what it printed last" "abort was called in insert; printed last: three blocks are too many" \
    "$(json 'verdict["message"]')"
found ASSERTS abort insert 6
equal "the assert and its line" True "$(json '"MISTAKE != ASSERTS || set->count <= 2" in verdict["message"] and "planted.c:'"$(
    grep -n assert\( "$test_dir/planted.c" | cut -d: -f1)"'" in verdict["message"]')"
found LIST_BEYOND list-index insert 3
equal "the index" "insert used list index 300: there are lists 0 to 263" "$(json 'verdict["message"]')"
found LIST_BELOW list-index insert 0
equal "an index below 0" "insert used list index -1: there are lists 0 to 263" "$(json 'verdict["message"]')"
found ROVER_AS_ROOT two-lists insert 0
equal "both roots" True "$(json '"root[0] and of root[1]" in verdict["message"] and "set->cursor" in verdict["hint"]')"
found ROVER_WITHIN two-lists insert 3
found FIND_NESTS stack-overflow find 4
equal "no NULL is blamed for a stack" False "$(json '"NULL" in verdict["hint"]')"
found FIND_BEYOND list-index find 1
equal "no NULL is blamed for an index" False "$(json '"NULL" in verdict["hint"]')"
found MERGES_TOO_MUCH invariant-6 None 3
found FIND_WRITES invariant-1 None 4
found AT_ONCE insert-forgets insert 0
for name in $(awk '{ print $2 }' <<<"$mistake"); do
    [[ " $seen " == *" $name "* ]] || fail "nobody looks for $name"
done

# What may be wished for is not a failure, unless it is asked for; and what was asked for is not one.
planted "$(number_of FIND_MISSES)"
equal "a miss is noted" 0 "$status"
equal "a miss is counted" True "$(json 'verdict["misses"] > 10')"
planted "$(number_of APART)" --apart
equal "--apart" 0 "$status"
finish "planted mistakes:$seen"
