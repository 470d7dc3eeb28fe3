#!/bin/bash
# What best fit would have done is told of a trace of any size: it is looked up, not searched for. And it is what best
# fit does: to the byte the heap that `--with best` has.
. "$(dirname "$0")/../map/lib.sh"

# --- The same as best fit: the operations that grew one heap or the other, on several traces ------------------------
for shape in phases bimodal hyperexponential vectors realloc; do
    "$halloc" gen $shape -o a.htrace --operations=30000 --live=400 --seed=5 || fail "gen $shape"
    told=0
    for number in $(seq 1501 3001 29000); do
        status_of 0 "$halloc" explain --at op:$number --with worst --json a.htrace
        grep -q '"best_fit_heap_bytes":' out || continue
        told=$((told + 1))
        mine=$(json '(answer["best_fit_heap_bytes"], answer["best_fit_grows_too"])')
        status_of 0 "$halloc" explain --at op:$number --with best --json a.htrace
        equal "$shape, $number" "$(json '(answer["heap_bytes"], answer["grew_bytes"] > 0)')" "$mine"
    done
    status_of 0 "$halloc" explain --at peak --with worst --json a.htrace
    number=$(json 'answer["operation"]')
    mine=$(json '(answer["best_fit_heap_bytes"], answer["best_fit_grows_too"])')
    status_of 0 "$halloc" explain --at op:$number --with best --json a.htrace
    equal "$shape, at the peak's operation, $number" "$(json '(answer["heap_bytes"], answer["grew_bytes"] > 0)')" "$mine"
done
# Larger blocks than the index has lists for.
python3 - <<'PYTHON' >large.rep
import random
random.seed(3)
lines, live = [], []
for number in range(900):
    lines.append(f"a {number} {random.randrange(1, 30_000_000) >> random.randrange(12)}")
    live.append(number)
    while len(live) > 40 or (live and random.random() < 0.45):
        lines.append(f"f {live.pop(random.randrange(len(live)))}")
print(1, 900, len(lines), 1, sep="\n")
print("\n".join(lines))
PYTHON
status_of 0 "$halloc" import --from=rep large.rep -o large.htrace
status_of 0 "$halloc" explain --at peak --with first --json large.htrace
number=$(json 'answer["operation"]')
mine=$(json 'answer["best_fit_heap_bytes"]')
status_of 0 "$halloc" explain --at op:$number --with best --json large.htrace
equal "large blocks" "$(json 'answer["heap_bytes"]')" "$mine"

# --- A hundred thousand holes, all too small, and a million requests: a search would walk 10^11 of them --------------
python3 - <<'PYTHON' >holes.rep
holes, rounds = 100_000, 1_000_000
ops = []
for number in range(holes):
    ops += [f"a {2 * number} 24", f"a {2 * number + 1} 24"]
ops += [f"f {2 * number}" for number in range(holes)]
next = 2 * holes
for number in range(next, next + rounds):
    ops += [f"a {number} 400", f"f {number}"]
next += rounds
ops += [f"a {next} 4000000"]
print(1, next + 1, len(ops), 1, sep="\n")
print("\n".join(ops))
PYTHON
status_of 0 "$halloc" import --from=rep holes.rep -o holes.htrace
status_of 0 timeout 300 "$halloc" explain --at peak holes.htrace
line_in out '[0-9,]+ holes, the largest'
equal "best fit is spoken of last" "Best fit" "$(grep -v 'Who asked' out | tail -n 1 | cut -c 1-8)"
finish "best fit, looked up"
