#!/bin/bash
# Every program of list.txt ran on this very libhalloc.so, and passed. In CI none may be skipped;
# elsewhere it is said which were.
#
# The other tests leave marks. In whatever order they come, this holds: it waits for a test that is
# under way, and runs one itself that has left no mark for this library.
. "$(dirname "$0")/lib.sh"

trap 'rm -f "$said"' EXIT
said=$(mktemp)
failures=0 skipped="" count=0
complain() {
    echo "$*"
    failures=$((failures + 1))
}

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
listed=$(sed 's/#.*//; /^ *$/d' "$tests/list.txt")
there=$(cd "$tests" && printf '%s\n' *.sh | sed 's/\.sh$//' | grep -vxE 'lib|zz_all_ran')
[[ $(sort <<<"$listed") == $(sort <<<"$there") ]] ||
    complain "list.txt and the tests here differ: $(diff <(sort <<<"$listed") <(sort <<<"$there") | grep '^[<>]' | xargs)"

for program in $listed; do
    [[ -e $tests/$program.sh ]] || continue
    flock "$marks/$program.lock" true
    if [[ -z $(mark_of "$program") ]]; then
        bash "$tests/$program.sh" >"$said" 2>&1 || cat "$said"
    fi
    case $(mark_of "$program") in
    passed) count=$((count + 1)) ;;
    skipped) skipped+=" $program" ;;
    *) complain "$program did not pass" ;;
    esac
done

if [[ $skipped ]]; then
    echo "skipped:$skipped"
    in_ci && complain "nothing may be skipped here"
fi
((failures == 0)) || exit 1
echo "$count programs ran on halloc as they do on glibc's malloc"
[[ ! $skipped ]] || exit 77
