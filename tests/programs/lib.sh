# lib.sh - what the tests of real programs share.
#
# Each test runs a program twice in an empty folder, once on glibc's malloc and once on halloc, and
# holds the two against each other: files, stdout, stderr and exit status, byte for byte. It also asks
# the program, on halloc, for statistics, so that an override that did not take cannot pass.
#
# Each test leaves a mark in $HALLOC_BUILD/programs-ran, which zz_all_ran.sh reads.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
. "$source_dir/tests/compare.sh"
set -eo pipefail

name=$(basename "$0" .sh)
workloads=$test_dir/work
marks=$build_dir/programs-ran
policies=(bump first next best worst segregated buddy tlsf)
[[ ${CI:-} != true ]] || HALLOC_CI=1
export TZ=UTC
umask 022

# What a mark is worth: it holds for this library and this test alone.
stamp_of() { # NAME
    cat "$library" "$test_dir/$1.sh" "$test_dir/lib.sh" "$test_dir"/../{lib,compare}.sh | sha256sum | cut -d' ' -f1
}

# --- Beginning and ending ------------------------------------------------------------------------------

begin() { # PROGRAM...: what the test needs
    mkdir -p "$marks"
    exec {mark_lock}>"$marks/$name.lock"
    flock "$mark_lock"
    rm -f "$marks/$name"
    trap leave_mark EXIT
    export HOME=$work/home
    mkdir "$HOME"
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "no $program here"
    done
}

leave_mark() {
    local status=$? word=failed
    if ((status == 0)); then word=passed; fi
    if ((status == 77)); then word=skipped; fi
    echo "$word $(stamp_of "$name")" >"$marks/$name"
    leave $status
}

# --- Comparing -----------------------------------------------------------------------------------------

# Runs a command in an empty folder and keeps all that came of it in $work/KEPT. CONF is HALLOC_CONF, or
# "glibc". The folder has the same name both times: programs write their folder's name into files.
# The lock on the mark stays with the test: a program that outlived it would hold it for ever.
keep() { # KEPT CONF COMMAND...
    local kept=$work/$1 conf=$2 status=0
    shift 2
    rm -rf "$work/here" "$kept"
    mkdir -p "$work/here/files"
    local way=()
    if [[ $conf != glibc ]]; then
        way=(env LD_PRELOAD="$library" HALLOC_CONF="$conf")
    fi
    # What hangs is ended, with its children, and then differs by its status.
    (cd "$work/here/files" && exec timeout -k 5 300 "${way[@]}" "$@") </dev/null >"$work/here/stdout" 2>"$work/here/stderr" {mark_lock}>&- || status=$?
    echo "$status" >"$work/here/status"
    mv "$work/here" "$kept"
}

on_glibc() { # COMMAND...
    keep glibc glibc "$@"
    [[ -s $work/glibc/stdout || -s $work/glibc/stderr || -n $(ls -A "$work/glibc/files") ]] || die "nothing came of it: $*"
}

# What on_glibc kept, once more on halloc. The bytes that come of it must be the same.
same_on_halloc() { # CONF COMMAND...
    local what="${1:+HALLOC_CONF=$1: }${*:2}"
    keep halloc "$@"
    said_by_halloc "$work/halloc/stderr" >"$work/said"
    if [[ -s $work/said ]]; then
        cat "$work/said"
        die "halloc has something to say: $what"
    fi
    differences "$work/glibc" "$work/halloc" >"$work/said"
    if [[ -s $work/said ]]; then
        head -c 4000 "$work/said"
        die "differs from glibc's: $what"
    fi
    echo "the same: ${what%%$'\n'*} ($(wc -c <"$work/halloc/stdout") bytes, $(find "$work/halloc/files" -type f | wc -l) files)"
}

exits() { # STATUS: what the workload should have ended with, lest it fail in the same way on both
    [[ $(<"$work/glibc/status") == "$1" ]] || {
        head -c 4000 "$work/glibc/stderr"
        die "on glibc's malloc it ended with $(<"$work/glibc/status"), not $1"
    }
}

same() { # STATUS COMMAND...
    on_glibc "${@:2}"
    exits "$1"
    same_on_halloc "" "${@:2}"
}

# --- Whether the override took ---------------------------------------------------------------------------

# Of the command, at least REPORTS processes end with statistics that name the heap and the policy, and
# each counts at least FEWEST allocations.
took() { # REPORTS FEWEST CONF COMMAND...
    local reports=$1 fewest=$2 conf=$3 heading="heap process" counted
    shift 3
    if [[ $conf == *heap:classic* ]]; then
        heading="heap classic"
    fi
    if [[ $conf =~ fit:([a-z]+) ]]; then
        heading+=", fit ${BASH_REMATCH[1]}"
    fi
    keep took "stats_print:on${conf:+,$conf}" "$@"
    counted=$(awk -v heading="halloc: $heading" -v fewest="$fewest" '
        /^halloc: heap/ { ours = index($0, heading) == 1 }
        ours && /^  allocations / { reports += $2 >= fewest }
        END { print reports + 0 }' "$work/took/stderr")
    ((counted >= reports)) || {
        grep -A20 '^halloc:' "$work/took/stderr" | head -60 || true
        die "$counted processes on '$heading' with $fewest allocations or more, not $reports: $*"
    }
    echo "took: ${*%%$'\n'*} ($counted reports of $heading)"
}

# The same under both heaps, with every policy. Small workloads only: worst fit in a classic heap
# searches all free blocks for each request.
same_with_every_policy() { # STATUS FEWEST COMMAND...
    local status=$1 fewest=$2 heap fit
    shift 2
    on_glibc "$@"
    exits "$status"
    for heap in process classic; do
        for fit in "${policies[@]}"; do
            same_on_halloc "heap:$heap,fit:$fit" "$@"
            took 1 "$fewest" "heap:$heap,fit:$fit" "$@"
        done
    done
}
