#!/bin/bash
# Every program of list.txt ran on this very libhalloc.so, and passed. In CI none may be skipped;
# elsewhere it is said which were.
#
# The other tests leave marks. In whatever order they come, this holds: it waits for a test that is
# under way, and runs one itself that has left no mark for this library.
. "$(dirname "$0")/lib.sh"

skipped="" count=0

mark_of() { # NAME: passed, skipped, failed; or nothing, where there is no mark for this library
    local word="" stamp=""
    if [[ -e $marks/$1 ]]; then
        read -r word stamp <"$marks/$1"
    fi
    if [[ $stamp == "$(stamp_of "$1")" ]]; then
        echo "$word"
    fi
}

mkdir -p "$marks"
listed=$(sed 's/#.*//; /^ *$/d' "$test_dir/list.txt")
there=$(cd "$test_dir" && printf '%s\n' *.sh | sed 's/\.sh$//' | grep -vxE 'lib|zz_all_ran')
[[ $(sort <<<"$listed") == $(sort <<<"$there") ]] ||
    fail "list.txt and the tests here differ: $(diff <(sort <<<"$listed") <(sort <<<"$there") | grep '^[<>]' | xargs)"

for program in $listed; do
    [[ -e $test_dir/$program.sh ]] || continue
    flock "$marks/$program.lock" true
    if [[ -z $(mark_of "$program") ]]; then
        bash "$test_dir/$program.sh" >said 2>&1 || cat said
    fi
    case $(mark_of "$program") in
    passed) count=$((count + 1)) ;;
    skipped) skipped+=" $program" ;;
    *) fail "$program did not pass" ;;
    esac
done

echo "$count programs ran on halloc as they do on glibc's malloc"
[[ ! $skipped ]] || skip "${skipped# }"
finish "the programs of list.txt"
