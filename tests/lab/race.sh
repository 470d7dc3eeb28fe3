#!/bin/bash
# The race: the learner's policy stands on the board among all that halloc has, with means over several traces; all
# but times is the same each time. A policy that breaks is told of, and fails.
. "$(dirname "$0")/lib.sh"

status_of 0 "$halloc" lab new mine.c
for shape in phases bimodal; do
    "$halloc" gen $shape -o $shape.htrace --operations=5000 --live=100 || fail "gen"
done
status_of 0 "$halloc" lab race mine.c phases.htrace bimodal.htrace
equal "the means come first" "Means over 2 traces" "$(head -n 1 out | cut -d'(' -f1 | sed 's/ $//')"
equal "mine once, pointed at" 1 "$(grep -c '^ [* ][+ ]  mine .* <-- yours$' out)"
line_in out '^ \*.  '
grep -q "^phases.htrace" out && fail "a single board, not asked for"
equal "one legend" 1 "$(grep -c '^ oracle: ' out)"
status_of 0 "$halloc" lab race mine.c phases.htrace bimodal.htrace --each
equal "the means, then each board" "Means phases.htrace bimodal.htrace" \
    "$(grep -oE '^(Means|phases.htrace|bimodal.htrace)' out | xargs)"
equal "mine in each" 3 "$(grep -c '^ [* ][+ ]  mine .* <-- yours$' out)"
equal "still one legend, at the end" "1 $(grep -c '' out)" \
    "$(grep -c '^ oracle: ' out) $(grep -n '^ oracle: ' out | cut -d: -f1)"
grep -q 'built in' out && fail "traces that are named are not built in"
status_of 0 "$halloc" lab race mine.c
line_in out '^The traces are built in. Others: halloc lab race FILE\.c F\.htrace \.\.\.$'
status_of 0 "$halloc" lab race mine.c phases.htrace
grep -q "^Means" out && fail "means of one trace"
line_in out '^phases.htrace: '
line_in out '^ [* ][+ ]  mine .* <-- yours$'
line_in out 'CS:APP'

status_of 0 "$halloc" lab race mine.c phases.htrace bimodal.htrace --json
row='next(row for row in verdict["means"] if row["name"] == "%s")'
mine=$(printf "$row" mine) first=$(printf "$row" first)
keys='"peak_overhead average_overhead utilization probes_per_allocation probes_p999 splits_per_allocation".split()'
equal "a first fit is as good as first" "$(json "[(key, $first[key]) for key in $keys]")" \
    "$(json "[(key, $mine[key]) for key in $keys]")"
mean='sum(p["peak_overhead"] for b in verdict["boards"] for p in b["policies"] if p["name"] == "best") / 2'
equal "a mean" True "$(json "abs($mean - $(printf "$row" best)['peak_overhead']) < 1e-5")"
known=$("$halloc" replay phases.htrace --with none 2>&1 | sed 's/.*there are: //; s/, process.*//; s/,//g')
equal "who is not on the board" "[]" \
    "$(json "[name for name in '$known mine'.split() if not any(row['name'] == name for row in verdict['means'])]")"
[ "$(wc -w <<<"$known")" -ge 8 ] || fail "too few policies are known: $known"
equal "the front is not empty" True "$(json 'any(row.get("front") for row in verdict["means"])')"
without_times='import json, re, sys
print(json.dumps(json.loads(re.sub(r"\"[a-z_]*(_ns|_seconds)\": *[^,}\n]+", "\"t\": 0", open("out").read()))))'
python3 -c "$without_times" >one
status_of 0 "$halloc" lab race mine.c phases.htrace bimodal.htrace --json
python3 -c "$without_times" >two
cmp -s one two || fail "two races differ in more than time"

# Who reads sizes by himself searches as much as who asks halloc_probe, and the board says so.
best() { # NAME SIZE
    cat >"$1.c" <<C
#include "halloc.h"
#include <string.h>
_Atomic int turns;
int ored;
static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *best = NULL;
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree)
        if ($2 >= size && (!best || block->size < best->size))
            best = block;
    return best;
}
static void insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, 0, block);
}
static void take_out(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 0, block);
}
const halloc_policy halloc_user_policy = {.name = "$1", .find = find, .insert = insert, .remove = take_out};
C
    status_of 0 "$halloc" lab race "$1.c" phases.htrace --json
    row='next(p for p in verdict["boards"][0]["policies"] if p["name"] == "'$1'")'
}
best probing 'halloc_probe(set, block)'
[ ! -s err ] || fail "all looks were counted, and it says: $(cat err)"
counted=$(json "$row['probes'], $row['probes_p999'], $row['front'], $row['peak_heap_bytes']")
best reading "block->size"
equal "looks at block->size are probes" "$counted" "$(json "$row['probes'], $row['probes_p999'], $row['front'], $row['peak_heap_bytes']")"
line_in err 'reading looked at [0-9]+ blocks without halloc_probe'
# So does who copies the record, or takes the way to the neighbour for the size.
best copying '({ MemoryBlock copy; memmove(&copy, block, sizeof copy); copy.size; })'
equal "looks at copies are probes" "$counted" "$(json "$row['probes'], $row['probes_p999'], $row['front'], $row['peak_heap_bytes']")"
best measuring '(block->next ? (size_t)((char *)block->next - (char *)block) - 32 : block->size)'
equal "looks at next are probes" "$counted" "$(json "$row['probes'], $row['probes_p999'], $row['front'], $row['peak_heap_bytes']")"
# An atomic is read as any other memory is.
best atomic '((void)++turns, (void)__sync_fetch_and_or(&ored, 2), __atomic_load_n(&block->size, __ATOMIC_ACQUIRE))'
equal "looks at atomics are probes" "$counted" "$(json "$row['probes'], $row['probes_p999'], $row['front'], $row['peak_heap_bytes']")"

sed 's/\.name = "mine"/.name = "best"/' mine.c >best.c
status_of 0 "$halloc" lab race best.c phases.htrace
line_in out 'best\(yours\)'
cp "$test_dir/planted.c" .
CC="gcc -DMISTAKE=20" status_of 1 "$halloc" lab race planted.c phases.htrace bimodal.htrace
line_in out 'planted +did not come to the end of every trace  <-- yours'
line_in out '^ +phases.htrace: .*signal 11'
CC="gcc -DMISTAKE=20" status_of 1 "$halloc" lab race planted.c phases.htrace bimodal.htrace --each
line_in out 'planted .*signal 11.*  <-- yours'

# One that comes to its ends and is not sound is marked, by its name and in a line.
for mistake in 3 5; do
    CC="gcc -DMISTAKE=$mistake" status_of 1 "$halloc" lab race planted.c phases.htrace bimodal.htrace
    line_in out 'planted\(unsound\) .*<-- yours'
    line_in err '^halloc lab race: planted\(unsound\) is not sound, .*phases.htrace: .*halloc lab check planted.c$'
done

# Its figures may be the best of all. It has no star for that, and takes none from others.
CC="gcc -DMISTAKE=18" status_of 1 "$halloc" lab race planted.c phases.htrace bimodal.htrace --each
equal "no star in the means and each board" 3 "$(grep -cE '^     planted\(unsound\) +[0-9].* <-- yours$' out)"
line_in out '^ \*.  [a-z]+ +[0-9]'

# One that hangs is told of at once, and costs its limit once.
begun=$(date +%s)
CC="gcc -DMISTAKE=6" status_of 1 "$halloc" lab race planted.c phases.htrace bimodal.htrace --each --limit 0.2
[ $(($(date +%s) - begun)) -lt 50 ] || fail "the limit is not kept"
line_in err '^halloc lab race: planted, phases.htrace: it hangs, at or soon after operation [0-9]+. It is not raced'
equal "said once" 1 "$(grep -c '' err)"
line_in out '^ +phases.htrace: it hangs, at or soon after operation [0-9]+$'
line_in out '^ +planted +not raced any more: it hung on phases.htrace  <-- yours$'
equal "all others raced" 3 "$(grep -c '^ [* ][+ ]  best  *[0-9]' out)"
# One that sleeps uses no processor: it is given ten times as long.
{ echo '#include <unistd.h>'
  sed 's/^static MemoryBlock \*find(.*/&\n    while (set->finds > 500) pause();/' planted.c; } >sleeps.c
CC="gcc -DMISTAKE=0" status_of 1 "$halloc" lab race sleeps.c phases.htrace --limit 0.1
line_in err '^halloc lab race: planted, phases.htrace: it hangs, at or soon after operation [0-9]+. It is not raced'
finish "the race"
