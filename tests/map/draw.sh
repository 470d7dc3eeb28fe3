#!/bin/bash
# The map as a figure, in the terminal and as JSON; and what is said where it can't be drawn.
. "$(dirname "$0")/lib.sh"

# Two blocks of 100 bytes (112 given, headers of 32) and one of 1000; then the first goes.
rep known "a 0 100" "a 1 1000" "a 2 100" "f 0"

state() { # AT EXPRESSION over `heap`
    "$halloc" map --json --with=first --at="$1" known.htrace >state.json 2>err || fail "--json --at=$1: $(cat err)"
    json "[$2 for heap in answer['policies']][0]" state.json
}
equal "blocks in order" "[(32, 112, 100, 0), (176, 1008, 1000, 1), (1216, 112, 100, 2)]" "$(state 2 \
    '[(b["offset"], b["size"], b["requested"], b["born"]) for b in heap["blocks"] if not b["free"]]')"
equal "the hole first in the list" "[32, 1360]" "$(state 3 '[o for l in heap["free_lists"] for o in l["offsets"]]')"
equal "holes" "[(32, 112), (1360, 2736)]" "$(state 3 '[(b["offset"], b["size"]) for b in heap["blocks"] if b["free"]]')"
equal "live bytes" "1100" "$(state 3 'heap["live_bytes"]')"

# --- The figure: XML, a panel a policy, sizes that add up.
status_of 0 "$halloc" map --svg known.svg --with=first,best --at=3 known.htrace
python3 - <<'PYTHON' || fail "known.svg is not as it should be"
import xml.etree.ElementTree as tree
root = tree.parse("known.svg").getroot()
texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
assert "first fit" in texts and "best fit" in texts, texts
assert any(text.startswith("operation 3: heap 4.0 KiB") for text in texts), texts
wanted = "asked for 26.9 %, headers 3.1 %, rounding 0.5 %, free 69.5 % in 2 holes, the largest 2.7 KiB"
assert texts.count(wanted) == 2, texts
arrows = [path for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("marker-end")]
assert len(arrows) == 2, len(arrows)  # one link in each list of two
# The legend of the strip's colours, from dark to light; the blocks have them.
assert "8 B" in texts and "1.0 MiB" in texts, texts
stops = [stop.get("stop-color") for stop in root.iter("{http://www.w3.org/2000/svg}stop")]
assert (len(stops), stops[0], stops[-1]) == (18, "#440154", "#fde725"), stops
PYTHON

# --- The terminal: signs, or colours if it is one.
status_of 0 env COLUMNS=60 LINES=30 "$halloc" map --tty --with=first --at=3 known.htrace
line_in out '^first fit: heap 4\.0 KiB: asked for 26\.9 %'
line_in out 'free list: 0x20 \(112 B\) -> 0x550 \(2\.7 KiB\)$'
line_in out '^ +0 B .*█'
grep -q $'\033' out && fail "colours in a file"
LC_ALL=C.UTF-8 sed 's/[█▓▒░·]/x/g' out | grep -vE 'first fit|free list' >plain
grep -qE '.{61}' plain && fail "lines of more than 60 columns"
# Of a long list as much as a line holds.
mapfile -t holes < <(for ((i = 0; i < 40; i++)); do echo "a $i 200"; done; for ((i = 0; i < 40; i += 2)); do echo "f $i"; done)
rep holes "${holes[@]}"
for columns in 60 80 120; do
    status_of 0 env COLUMNS=$columns "$halloc" map --tty --with=first --at=59 holes.htrace
    line_in out '^ +free list: 0x.* \.\.\. and [0-9]+ more$'
    [ "$(grep 'free list:' out | tr -d '\n' | wc -c)" -le $columns ] || fail "more than $columns columns: $(grep 'free list:' out)"
done
if command -v script >/dev/null; then
    script -qec "stty cols 80 rows 30; '$halloc' map --tty --with=first known.htrace" /dev/null >out 2>err
    grep -q $'\033\[38;2;' out || fail "no colours in a terminal"
fi

# --- A figure has no window: none is kept for it.
"$halloc" gen phases -o long.htrace --operations=100000 --live=500 || fail "gen"
for form in "--svg long.svg" --tty; do
    # shellcheck disable=SC2086
    status_of 0 env HALLOC_CONF=limit:16M "$halloc" map $form --with=first --window=0:100000 long.htrace
done

# --- A page's name, its size, its window.
status_of 0 "$halloc" map known.htrace
line_in out '^known\.html: .* exact from operation 0 to 3$'
[ -s known.html ] || fail "no known.html"
status_of 0 "$halloc" map -o - known.htrace
cmp -s out known.html || fail "the page on standard output is another"
status_of 0 "$halloc" map --window=1:3 known.htrace
line_in out 'from operation 1 to 2$'
status_of 0 "$halloc" map --with help
line_in out '^buddy '

# --- A policy of one's own: alone, beside another, drawn once though named twice.
own_policy
names() { # OPTION...
    "$halloc" map --json --at=3 "$@" known.htrace >state.json 2>err || fail "map $*: $(cat err)"
    json '" ".join(heap["policy"] for heap in answer["policies"])' state.json
}
equal "one's own" "address" "$(names --policy own.so)"
equal "one's own, and another" "first address" "$(names --with first --policy=./own.so)"
equal "one's own, named" "address best" "$(names --policy own.so --with address,best)"
status_of 2 "$halloc" map --policy nosuch.so known.htrace
line_in err '^halloc map: --policy: .*nosuch.so'
echo '#include "halloc.h"' >own_source.c
status_of 2 "$halloc" map --policy own_source.c known.htrace
line_in err '^halloc map: --policy own_source\.c: is C source. Compile it first: gcc .* own_source\.c -o own_source\.so$'
status_of 2 "$halloc" map --with first,best --policy own.so known.htrace
line_in err 'at most two policies: address'

# --- What can't be.
status_of 2 "$halloc" map
status_of 2 "$halloc" map --with=nonsense known.htrace
line_in err 'no such policy: nonsense'
status_of 2 "$halloc" map --with=first,best,worst known.htrace
status_of 2 "$halloc" map --at=4 known.htrace
line_in err 'numbered 0 to 3'
status_of 2 "$halloc" map --window=3:1 known.htrace
status_of 2 "$halloc" map --tty --json known.htrace
status_of 2 "$halloc" map --frobnicate known.htrace
status_of 1 "$halloc" map -o /nowhere/at/all.html known.htrace
line_in err '/nowhere/at/all.html: No such file'
status_of 1 "$halloc" map nothing.htrace
head -c 60 known.htrace >short.htrace
"$halloc" gen phases -o long.htrace --operations=20000 >/dev/null
head -c $(($(stat -c %s long.htrace) / 2)) long.htrace >half.htrace
status_of 1 "$halloc" map -o half.html half.htrace
line_in err 'half.htrace: at byte '
grep -q '"damaged":true' half.html || fail "the page does not say that its trace is damaged"
printf 'x' | dd of=long.htrace bs=1 seek=3000 conv=notrunc 2>/dev/null
"$halloc" map -o long.html long.htrace >out 2>err
[ $? -le 1 ] || fail "a damaged trace: exit status"
finish "figures, terminal, JSON, refusals"
