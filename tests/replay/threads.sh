#!/bin/bash
# `halloc replay --threads --with process` predicts what a program with threads takes: within a tenth of what `halloc
# why` finds in runs of three such programs. Where that depends on which threads meet, it says that it can't.
. "$(dirname "$0")/../live/lib.sh"
g++ -O1 -pthread -o crew "$test_dir/crew.cpp" || die "crew.cpp does not compile"

real() { # WHAT: the resident bytes of the heap, the median of three runs
    for run in 1 2 3; do
        begin env LD_PRELOAD="$library" HALLOC_CONF=thp:never ./crew "$1" wait # the system may give huge pages to all
        "$halloc" why --json "$pid" >seen 2>err || fail "$1: halloc why: $(cat err)"
        end
        json "sum(bytes[name] for name in ('slots', 'large', 'free_slots', 'cached', 'uncarved', 'free_blocks'))" seen
    done | sort -n | sed -n 2p
}

replay() { # WHAT: a recording, replayed; to out
    "$halloc" trace -q -o "$1.htrace" ./crew "$1" || fail "$1: can't be recorded"
    status_of 0 "$halloc" replay --threads --repeat=0 --json --with process "$1.htrace"
}

for what in maps messages buffers; do
    replay $what
    mv out replayed
    wanted=$(real $what)
    equal "$what: it predicts" True "$(json "it['policies'][0]['predicts']" replayed)"
    got=$(json "it['policies'][0]['peak_heap_bytes']" replayed)
    equal "$what: of $wanted bytes $got are predicted: within a tenth" True "$(json "near($got, $wanted, 0.1)" replayed)"
done
replay little
equal "little: it predicts" False "$(json "it['policies'][0]['predicts']")"
status_of 0 "$halloc" replay --threads --repeat=0 --with process little.htrace
line_in out "The peak of process can't be predicted: it is [0-9.]+ [KM]iB to [0-9.]+ MiB"
status_of 0 "$halloc" replay --repeat=0 --json --with process little.htrace
equal "in one order nothing is said of it" False "$(json "'predicts' in it['policies'][0]")"
finish "memory with threads"
