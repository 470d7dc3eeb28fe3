#!/bin/bash
# The example without headers, examples/compact.c, against traces of the malloc lab's kind and the recorded ones:
# checked, at least 91 % of utilization on average, the same on every run. And several traces on one board; the
# oracle; an allocator that tells less than it takes.
. "$(dirname "$0")/lib.sh"
build() { # NAME [COMPILER OPTION...]: examples/compact.c as NAME.so
    compile_library "$1" -O2 "${@:2}" <"$source_dir/examples/compact.c"
}
build compact

# --- The set -------------------------------------------------------------------------------------------------------
gen random random.htrace --operations=20000 --live=400 --mean=8192
gen random2 random2.htrace --operations=20000 --live=2000 --mean=2048
gen coalescing coalescing.htrace --operations=20000
gen binary binary.htrace --operations=24000 --live=4000
gen binary2 binary2.htrace --operations=48000 --live=8000
gen realloc realloc.htrace --operations=20000 --live=4800
gen realloc2 realloc2.htrace --operations=20000 --live=4800
generated="random.htrace random2.htrace coalescing.htrace binary.htrace binary2.htrace realloc.htrace realloc2.htrace"
recorded=$(echo "$source_dir"/traces/*.htrace)

mean() { # NAME KEY
    json "next(entry['$2'] for entry in board['means'] if entry['name'] == '$1')"
}
at_least() { # WHAT LEAST GOT
    [ "$(python3 -c "print($3 >= $2)")" = True ] || fail "$1: $3, less than $2"
}

# --- 91 % ------------------------------------------------------------------------------------------------------------
# shellcheck disable=SC2086
status_of 0 "$halloc" replay $generated $recorded --with oracle,./compact.so --check --json --repeat=0
equal "traces" 14 "$(json 'board["traces"]')"
equal "memory" "{'heap'}" "$(json '{entry["memory"] for b in board["boards"] for entry in b["policies"]}')"
equal "failures" 0 "$(json 'sum(entry["failures"] for b in board["boards"] for entry in b["policies"])')"
both=$(mean ./compact.so utilization)
first=$(json '[b["policies"][1]["peak_heap_bytes"] for b in board["boards"][:7]]')
at_least "utilization of all 14" 0.91 "$both"
equal "the mean of their utilizations" True "$(json 'abs(sum(b["policies"][1]["utilization"] for b in board["boards"]) / 14 - next(m["utilization"] for m in board["means"] if m["name"] != "oracle")) < 1e-5')"
equal "the oracle's" 1.0 "$(mean oracle utilization)"
equal "nobody undercuts the oracle" True "$(json 'all(b["policies"][1][key] > b["policies"][0][key] for b in board["boards"] for key in ("peak_overhead", "average_overhead"))')"
# shellcheck disable=SC2086
status_of 0 "$halloc" replay $generated --with ./compact.so,best,segregated,tlsf --json --repeat=0
lab=$(mean ./compact.so utilization)
equal "two runs" "$first" "$(json '[b["policies"][0]["peak_heap_bytes"] for b in board["boards"]]')"
at_least "utilization of the malloc lab's kind" 0.91 "$lab"
equal "no policy with headers comes near" True "$(json 'all(m["utilization"] < 0.85 for m in board["means"] if m["name"] != "./compact.so")')"

# --- Several traces, for people -----------------------------------------------------------------------------------------
status_of 0 "$halloc" replay binary.htrace realloc.htrace --with oracle,best,./compact.so --repeat=1
line_in out '^Means over 2 traces'
line_in out '^     oracle +1\.000 +[0-9.]+ +100\.0 %( +-){5}$'
line_in out '^ \*[+ ]  best +[0-9.]+ +[0-9.]+ +[0-9.]+ %( +[0-9.]+){5}$'
line_in out '^ oracle: '
equal "one trace has no means" 0 "$("$halloc" replay binary.htrace --with oracle --repeat=0 | grep -c Means)"
head -c 20000 binary.htrace >cut.htrace
status_of 1 "$halloc" replay cut.htrace realloc.htrace --with best --repeat=0 --json
equal "a damaged one counts as far as it goes" 2 "$(json 'board["traces"]')"
status_of 1 "$halloc" replay no.htrace binary.htrace realloc.htrace --with best --repeat=0 --json
equal "a missing one is left out" 2 "$(json 'board["traces"]')"

# --- Who tells less than he takes ----------------------------------------------------------------------------------------
echo 'unsigned long true_extent(void); unsigned long halloc_lab_extent(void) { return true_extent() / 2; }' >liar.c
${CC:-gcc} -fPIC -c liar.c -o liar.o
build liar -Dhalloc_lab_extent=true_extent liar.o
status_of 1 "$halloc" replay coalescing.htrace --with ./liar.so --repeat=0
line_in out 'operation [0-9]+: its heap takes [0-9]+ bytes, it says, but [0-9]+ more are resident'

# --- Programs, and threads ------------------------------------------------------------------------------------------------
status_of 0 "$halloc" replay "$source_dir/traces/pipeline.htrace" --with ./compact.so --threads --check --repeat=1
equal "python3" "$(python3 -c 'print(sorted({str(n): [n] * 9 for n in range(20000)})[777])')" \
    "$(LD_PRELOAD=$PWD/compact.so PYTHONMALLOC=malloc python3 -c 'print(sorted({str(n): [n] * 9 for n in range(20000)})[777])')"
finish "utilization: the malloc lab's kind $lab, with the recorded programs $both"
