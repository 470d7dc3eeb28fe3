#!/bin/bash
# halloc replay: what two runs say is the same but for times, whichever order the words have; every allocator is
# measured in a process of its own; what is asked for wrongly is said.
. "$(dirname "$0")/lib.sh"
gen shore a.htrace --operations=30000 --live=500
gen vectors b.htrace --operations=20000 --live=200 --threads=4
all=bump,first,next,best,worst,segregated,buddy,tlsf,process,glibc

# --- The same on each run, and within bounds that hold for any heap -----------------------------------------------
for options in "--serial" "--serial --check" "--threads"; do
    for trace in a b; do
        status_of 0 "$halloc" replay $trace.htrace --with $all $options --json --repeat=1
        timeless out >one
        status_of 0 "$halloc" replay $trace.htrace --with $all $options --json --repeat=1
        timeless out >two
        diff one two >difference || { fail "$trace $options: two runs differ:"; cat difference; }
        equal "entries" 10 "$(json 'len(board["policies"])')"
        equal "all well" True "$(json 'all(entry["ok"] for entry in board["policies"])')"
        equal "overheads" True "$(json 'all(entry["peak_overhead"] >= 1 for entry in board["policies"])')"
        equal "no failures" 0 "$(json 'sum(entry["failures"] for entry in board["policies"])')"
        equal "live" True "$(json 'all(entry["peak_live_bytes"] == board["peak_live_bytes"] for entry in board["policies"])')"
        equal "times" True "$(json 'all(entry["total_ns"] > 0 for entry in board["policies"]) and board["harness_ns"] > 0')"
        equal "every replayed" True "$(json 'board["replayed"] == board["operations"]')"
    done
done
equal "order" threads "$(json 'board["order"]')"

# --- Known truths -----------------------------------------------------------------------------------------------------
status_of 0 "$halloc" replay a.htrace --with $all --json --repeat=0
equal "buddy probes once" 1.0 "$(json 'by("buddy")["probes_per_allocation"]')"
equal "worst probes most" worst "$(json 'max((e for e in board["policies"] if "probes" in e), key=lambda e: e["probes"])["name"]')"
equal "tlsf probes one block, and its last resort another" True "$(json 'by("tlsf")["probes_per_allocation"] < 1.01 and by("tlsf")["probes_p999"] <= 2')"
equal "tlsf is within a quarter of best" True "$(json 'by("tlsf")["peak_overhead"] < 1.25 * by("best")["peak_overhead"]')"
equal "bump needs most by far" True "$(json 'by("bump")["peak_overhead"] > 3 * max(e["peak_overhead"] for e in board["policies"] if e["name"] != "bump")')"
equal "best needs less than worst" True "$(json 'by("best")["peak_overhead"] < by("worst")["peak_overhead"]')"
equal "segregated is within an eighth of best" True "$(json 'by("segregated")["peak_overhead"] < 1.125 * by("best")["peak_overhead"]')"
equal "utilization" True "$(json 'all(abs(e["utilization"] * e["peak_overhead"] - 1) < 1e-4 for e in board["policies"])')"
equal "no times" False "$(json '"harness_ns" in board or any("total_ns" in e for e in board["policies"])')"
equal "somebody is on the front" True "$(json 'any(e.get("front") for e in board["policies"])')"
equal "nobody beaten is" True "$(json '(lambda E, v: all(e["front"] == (not any(all(a <= b for a, b in zip(v(o), v(e))) and v(o) != v(e) for o in E)) for e in E))([e for e in board["policies"] if "front" in e], lambda e: (e["peak_overhead"], e["average_overhead"], e["probes"], e["probes_p999"]))')"

# --- For people --------------------------------------------------------------------------------------------------------
status_of 0 "$halloc" replay a.htrace --with first,best,process
line_in out '^30,000 operations of 1 thread, at most .* live; replayed in one order$'
line_in out '^ [* ][+ ]  first +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9]+ +[0-9.]+ +[0-9.]+ +[0-9.]+$'
line_in out '^ [* ][+ ]  process +[0-9.]+ +[0-9.]+ +- +- +- +[0-9.]+ +[0-9.]+$'
line_in out '^The harness alone takes [0-9.]+ ns an operation, [0-9.]+ million a second; it is taken off.$'
equal "nothing on stderr" "" "$(cat err)"

# Without times there are no columns of them.
status_of 0 "$halloc" replay a.htrace b.htrace --with first,best --repeat=0
grep -nE 'CS:APP|an opera-| ns$|^ \+ ' out && fail "columns for times that were not taken"
status_of 0 "$halloc" replay a.htrace --with first,best --repeat=1
line_in out 'splits +ns +CS:APP$'

# --- A policy of one's own ------------------------------------------------------------------------------------------------
shared own_policy -DMISTAKE=0
status_of 0 "$halloc" replay a.htrace --policy own_policy.so --with first --check --json --repeat=1
equal "it joins" "['first', 'address']" "$(json '[entry["name"] for entry in board["policies"]]')"
status_of 0 "$halloc" replay a.htrace --with address,first --policy ./own_policy.so --json --repeat=0
equal "or where it is named" "['address', 'first']" "$(json '[entry["name"] for entry in board["policies"]]')"
LD_PRELOAD=./own_policy.so status_of 0 "$halloc" replay a.htrace --with address --json --repeat=0
# Who counts no probes is not the one with the fewest.
sed 's/halloc_probe(set, \([a-z]*\))/\1->size/; s/"address"/"quiet"/' "$test_dir/own_policy.c" |
    compile_library quiet_policy -DMISTAKE=0
status_of 0 "$halloc" replay a.htrace --policy ./quiet_policy.so --with first --json --repeat=0
equal "no star for no probes" "(0, False, False, True)" "$(json '(by("quiet")["probes"], by("quiet")["counts_probes"], by("quiet")["front"], by("first")["front"])')"
status_of 0 "$halloc" replay a.htrace a.htrace --policy ./quiet_policy.so --with first --repeat=0
equal "said on both boards, and of the means" 3 "$(grep -c 'counts no probes: its find never calls halloc_probe' out)"
line_in out '^     quiet +[0-9.]+ +[0-9.]+ +- +- +[0-9.]+'
status_of 2 "$halloc" replay a.htrace --policy no.so
line_in err 'halloc replay: --policy: '
status_of 2 "$halloc" replay a.htrace --policy "$build_dir/libhalloc.so"

# --- Not so ---------------------------------------------------------------------------------------------------------------
status_of 2 "$halloc" replay
status_of 2 "$halloc" replay a.htrace
status_of 2 "$halloc" replay a.htrace --with fisrt
line_in err "there is no policy 'fisrt'; there are: bump, first, next, best, worst, segregated, buddy, tlsf, oracle, process, glibc"
status_of 2 "$halloc" replay a.htrace --with ./no.so
line_in err 'halloc replay: ./no.so: No such file'
echo 'int main(void) { return 0; }' >allocator.c
mkdir folder
gcc -c -o object.so allocator.c
for other in ./allocator.c ./folder ./object.so; do
    status_of 2 "$halloc" replay a.htrace --with first,$other
    equal "$other" "halloc replay: $other: not a shared object for this machine||" "$(cat err)||$(cat out)"
done
status_of 2 "$halloc" replay a.htrace --with first --frobnicate
status_of 2 "$halloc" replay a.htrace --with first --repeat=x
status_of 1 "$halloc" replay no.htrace --with first
status_of 1 "$halloc" replay "$0" --with first
status_of 0 "$halloc" replay --help
for trouble in /dev/full; do
    "$halloc" replay a.htrace --with first --repeat=0 >$trouble 2>err
    equal "status with $trouble" 1 $?
done

# A library without a malloc is not libc's in disguise.
echo 'int nothing;' | gcc -shared -fPIC -o nothing.so -x c -
status_of 1 "$halloc" replay a.htrace --with ./nothing.so
line_in out 'its malloc did not take the place of'
finish "replay: determinism, known truths, the table, own policies, complaints"
