#!/bin/bash
# The tour tells the truth: its pictures add up, its sources exist, and it ends as a command should.
# It is tested as the single file builds it.
. "$(dirname "$0")/lib.sh"

expect() { # NAME COMMAND...: the command succeeds
    local name=$1
    shift
    "$@" >said 2>&1 || { fail "$name"; cat said; }
}

# --- The single file, by the words of its manual ----------------------------------------------------
(cd "$source_dir" && gcc -o "$work/halloc" halloc.c -lrt) >said 2>&1 || die "it does not build: $(cat said)"
[ -s said ] && fail "gcc warns: $(cat said)"

# --- Pictures: what awk reads off them must agree with itself ---------------------------------------
# Rows of a picture, as tools/tour/draw.h shows them. Checked: offsets follow from sizes; sizes and
# headers add up to the heap; the strip is to scale; the free list holds exactly the free blocks.
cat >check.awk <<'AWK'
function complain(what) { print "picture " pictures + 1 ", line " NR ": " what; bad = 1 }
function is_near(a, b) { return a - b <= 1.01 && b - a <= 1.01 }
/^  heap  \|/ {
    strip = substr($0, 9); parts = split(substr(strip, 2), cell, "|"); count = 0; at = 0
    for (i = 1; i <= parts; i++) {
        begin[i] = at; at += length(cell[i]) + 1
        is_free[i] = cell[i] ~ /\./
    }
    wide = length(strip)
    if (wide != columns - 9) complain("the strip has " wide " columns")
}
/^  at    \+/    { count = NF - 1; for (i = 2; i <= NF; i++) offset[i - 1] = substr($i, 2) + 0 }
/^  bytes [0-9]/ { if (NF - 1 != count) complain("as many sizes as offsets"); for (i = 2; i <= NF; i++) size[i - 1] = $i }
/^        [0-9]+( [a-h])?: [0-9]+ bytes at \+[0-9]+,/ {
    count++
    match($0, /[0-9]+ bytes/); size[count] = substr($0, RSTART, RLENGTH) + 0
    match($0, /at \+[0-9]+/);  offset[count] = substr($0, RSTART + 4, RLENGTH - 4) + 0
    is_free[count] = /, free$/
}
/^  free list:/ {
    delete listed; links = 0
    for (i = 3; i <= NF; i++) if ($i ~ /^[0-9]+$/) { if ($i in listed) complain("a block twice on the list"); listed[$i]; links++ }
}
/^  [0-9]+ bytes = [0-9]+ header/ {
    text = $0; while ((getline more) > 0 && more ~ /^  (of|[0-9]|\+|in |use|free)/) text = text " " more
    gsub(/[^0-9]+/, " ", text); split(text, n, " ")   # heap, headers, header, in use, free
    if (n[1] != n[2] * n[3] + n[4] + n[5]) complain("the sum does not add up")
    if (n[2] != count || parts != count) complain(count " blocks, " parts " cells, " n[2] " headers")
    if (heap && n[1] != heap) complain("the heap has another size now")
    heap = n[1]; end = 0; free_bytes = used_bytes = free_blocks = 0
    for (i = 1; i <= count; i++) {
        if (offset[i] != end) complain("block " i " does not begin where its predecessor ends")
        if (columns >= 80 && !is_near(begin[i], offset[i] * wide / heap)) complain("block " i " is not to scale")
        end = offset[i] + n[3] + size[i]
        if (is_free[i]) { free_bytes += size[i]; free_blocks++; if (!(i in listed)) complain("block " i " is on no list") }
        else { used_bytes += size[i]; if (i in listed) complain("block " i " in use is on the list") }
    }
    if (end != heap) complain("the blocks end at " end)
    if (free_bytes != n[5] || used_bytes != n[4]) complain("in use or free is not the sum of the blocks")
    if (links != free_blocks) complain("the list has " links " blocks, not " free_blocks)
    order = order " " count ":" free_blocks; pictures++
}
END {
    # Blocks and free blocks of every picture: what splitting and coalescing must do to their numbers.
    if (order != " 1:1 2:2 2:1 6:1 6:2 6:3 7:3 6:3 4:2 3:1") complain("the story went" order)
    exit bad
}
AWK
for columns in 40 80 120 200; do
    COLUMNS=$columns ./halloc tour >tour.$columns || fail "the tour at $columns columns exits with $?"
    expect "pictures at $columns columns" awk -v columns=$columns -f check.awk tour.$columns
    awk -v most=$columns 'length > most { print FILENAME ": too wide: " $0; bad = 1 } END { exit bad }' \
        tour.$columns || fail "a line is wider than $columns"
done
./halloc tour >tour.plain || fail "the tour exits with $?"
hide_addresses() { sed 's/0x[0-9a-f]*/ADDRESS/g' "$1"; }
expect "80 columns where nothing says" diff <(hide_addresses tour.plain) <(hide_addresses tour.80)
[ "$(wc -l <tour.plain)" -le 155 ] || fail "longer than a tour should be"

# --- Facts -------------------------------------------------------------------------------------------
[ "$(grep -cE '^== [0-9]+/10 ' tour.200)" -eq 10 ] || fail "not ten steps"
line_in tour.200 'findFreeBlock\(440\) +gives block 1, 4064 bytes|findFreeBlock\(440.*block 1'
line_in tour.200 'halloc_allocate\([0-9]+\) +gives NULL: (Cannot allocate|Out of) memory'
line_in tour.200 '^  free list: 4 -> 2 -> 6$'
line_in tour.200 'Block 4: it was first on the list'
line_in tour.200 'stderr: halloc: halloc_deallocate\(0x[0-9a-f]+\): freed already$'
line_in tour.200 'ended the child'
for policy in 'first.*|hole 1,.*split it.*found room' 'best.*|hole 3,.*whole.*found room' \
    'worst.*|hole 5,.*split it.*NULL'; do
    grep -A1 "^  ${policy%%.*} *|" tour.200 | grep -qE "${policy#*|}" || fail "${policy%%.*} fit: not '${policy#*|}'"
done

# --- Sources: every function is defined in the file that the tour names ------------------------------
grep '^  source: ' tour.200 | sed 's/^  source: //; s/; /\n/g' | sort -u >sources
[ "$(wc -l <sources)" -ge 8 ] || fail "only $(wc -l <sources) sources"
while IFS= read -r line; do
    file=${line%%:*}
    for name in $(echo "${line#*: }" | tr ',' ' '); do
        grep -qE "^[A-Za-z].*[ *]$name\(" "$source_dir/$file" || fail "$name is not in $file"
    done
done <sources
sed -n '/ 10\/10 /,$p' tour.200 | grep -oE '^  (halloc\.[ch]|src/[a-z./]+)' | while read -r file; do
    [ -e "$source_dir/$file" ] || echo "$file"
done >missing
[ -s missing ] && fail "to be read but not there: $(cat missing)"

# --- Plain bytes, colours, character sets --------------------------------------------------------------
grep -q $'[\x80-\xff\033]' tour.80 && fail "escapes or other than ASCII without a terminal"
./halloc tour --color=always --charset=utf8 >tour.rich || fail "the rich tour exits with $?"
grep -q $'\033' tour.rich || fail "--color=always has no colours"
grep -q '▒' tour.rich || fail "--charset=utf8 is ASCII"
sed 's/\x1b\[[0-9;]*m//g; s/▒/#/g; s/·/./g; s/┃/|/g; s/→/->/g; s/━/=/g; s/═/=/g' tour.rich >tour.stripped
expect "colours and characters are all that differs" diff <(hide_addresses tour.stripped) <(hide_addresses tour.80)
LC_ALL=C.UTF-8 ./halloc tour | grep -q '▒' || fail "a UTF-8 locale gets ASCII"

# --- On a terminal -------------------------------------------------------------------------------------
if command -v script >/dev/null; then
    on_terminal() { script -qec "$1" /dev/null </dev/null; }
    on_terminal "TERM=xterm ./halloc tour --no-wait" | grep -q $'\033\\[' || fail "no colours on a terminal"
    on_terminal "NO_COLOR=1 TERM=xterm ./halloc tour --no-wait" | grep -q $'\033\\[' && fail "NO_COLOR is ignored"
    printf '\nq\n' | script -qec "TERM=dumb ./halloc tour" /dev/null >tour.quit || fail "quitting exits with $?"
    grep -q '1/10' tour.quit && grep -q '2/10' tour.quit || fail "Enter does not go on"
    grep -q '3/10' tour.quit && fail "q does not quit"
else
    echo "note: no script(1) here, so nothing was tried on a terminal"
fi

# --- Ends -------------------------------------------------------------------------------------------------
status_of 0 ./halloc
line_in out '^usage: halloc tour'
status_of 0 ./halloc --help
status_of 0 ./halloc tour --help
status_of 0 ./halloc --version
line_in out '^halloc [0-9]+\.[0-9]+\.[0-9]+$'
others=$(sed -nE 's/^    \{"([a-z]+)", .*/\1/p' "$source_dir/tools/main.c" | grep -vx tour)
[ "$(wc -w <<<"$others")" -gt 20 ] || fail "few commands: $others"
for word in $others; do
    status_of 2 ./halloc $word
    line_in err "^halloc: '$word' is not in the single-file build; build the whole with \`make\` \(build/halloc $word \.\.\.\)$"
done
status_of 2 ./halloc nonsense
line_in err "'nonsense' is not a command"
for option in --nonsense nonsense --color=pink --charset=ebcdic; do
    status_of 2 ./halloc tour $option
    [ -s out ] && fail "tour $option shows something all the same"
done

./halloc tour >/dev/full 2>err && fail "a full disk goes unnoticed"
line_in err '^halloc: cannot write: No space left on device$'
./halloc tour >&- 2>err && fail "a closed stdout goes unnoticed"
line_in err '^halloc: cannot write: '
mkfifo gone
( # the reader closes the pipe before the writer begins
    trap '' PIPE
    read -r _ <gone
    ./halloc tour 2>err
    echo $? >status
) | (exec 0<&-; echo >gone)
[ "$(cat status)" -eq 1 ] || fail "a closed pipe exits with $(cat status)"
line_in err '^halloc: cannot write: Broken pipe$'

# --- Other configurations ---------------------------------------------------------------------------------
status_of 1 env HALLOC_CONF=fit:best ./halloc tour
line_in err 'halloc tour: .*HALLOC_CONF'
status_of 0 env HALLOC_CONF=misuse:warn COLUMNS=200 ./halloc tour
line_in out 'freed already$'
line_in out 'left the heap as it was'

finish "the tour"
