#!/bin/bash
# A snapshot tells the same as the process did; a damaged one is refused, wherever the damage is; `halloc map` draws it.
. "$(dirname "$0")/lib.sh"

program planted
begin env LD_PRELOAD="$library" ./planted known
"$halloc" why --json "$pid" >live || fail "why"
status_of 0 "$halloc" snapshot -o s.snap "$pid"
line_in out '^s.snap: [0-9.]+ KiB; process [0-9]+ stood still for'
end
status_of 0 "$halloc" why --json s.snap
for key in resident_bytes live_objects live_bytes idle_bytes pinned_bytes ledger findings; do
    equal "$key" "$(json "it['$key']" live)" "$(json "it['$key']" out)"
done
status_of 0 "$halloc" explain --json s.snap
equal "explain" "$("$halloc" why --json s.snap)" "$(cat out)"
status_of 0 "$halloc" explain s.snap
line_in out '^where its memory is$'
status_of 2 "$halloc" explain --at end s.snap
# A policy may round blocks up: then a slab is smaller than its block.
cat >odd.c <<'END'
#include <halloc.h>
static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = set->root[0];
    while (block && halloc_probe(set, block) < size) block = block->nextFree;
    return block;
}
static void insert(halloc_free_set *set, MemoryBlock *block) { halloc_list_push(set, 0, block); }
static void take_out(halloc_free_set *set, MemoryBlock *block) { halloc_list_unlink(set, 0, block); }
static size_t round_size(const halloc_free_set *set, size_t size) {
    size_t odd = 3 * set->granule;
    return set->granule < 16384 ? size : (size + odd - 1) / odd * odd;
}
const halloc_policy halloc_user_policy = {"odd", .find = find, .insert = insert, .remove = take_out, .round_size = round_size};
END
gcc -shared -fPIC -I"$source_dir" -o odd.so odd.c || die "odd.c does not compile"
what="a policy that rounds up"
begin env LD_PRELOAD="$library $PWD/odd.so" HALLOC_CONF=fit:odd ./planted known
look "it['live_objects'] > 0" "it['idle_bytes'] >= 0"
end

head -c -1 s.snap >cut
lines=$(wc -l <s.snap)
for part in 0 1 2 5 $((lines / 2)) $((lines - 1)); do
    head -n "$part" s.snap >cut
    status_of 1 "$halloc" why cut
    line_in err "^halloc why: cut: (damaged|is no file)"
done
for change in '1s/1/2/' 's/^block 16384/block 16385/' '0,/#/s/[0-9]*#/9999#/' 's/^pages ./pages 9/' '/^mapping/d' \
    's/^process .*/process 1 0 x/'; do
    sed "$change" s.snap >bad
    cmp -s bad s.snap && die "nothing was changed by $change"
    status_of 1 "$halloc" why bad
    status_of 1 "$halloc" map bad -o bad.html
done
truncate -s 3G core
(ulimit -v 500000 && status_of 1 "$halloc" why core; exit $failures) || failures=$((failures + 1))
line_in err '^halloc why: core: is no process, and no file of'
# A pipe that never ends, in one line or in many, ends by a bound.
for more in 'cat /dev/zero' 'yes a word of a newer version'; do
    mkfifo endless
    { head -n 30 s.snap; $more; } >endless 2>/dev/null &
    (ulimit -v 1000000 && status_of 1 timeout 300 "$halloc" why endless; exit $failures) || failures=$((failures + 1))
    line_in err '^halloc why: endless: damaged: it goes on at line [0-9]+, after [0-9.]+ MiB: no snapshot of this heap does$'
    wait
    rm endless
done
cp s.snap other
echo important >mine
status_of 1 "$halloc" snapshot -o mine $$
line_in err 'mine exists and is no snapshot'
equal "a file that is no snapshot" important "$(cat mine)"

# Two pages more in the heap than the kernel counts: a negative rest, of nearly 0 %.
awk '/^figure base/ { base = $3 } /^mapping/ && $2 <= base && base < $3 { $4 -= 8192 } { print }' s.snap >less.snap
status_of 0 "$halloc" why less.snap
line_in out '^  the rest: not explained +- +[0-9.]+ [BK].*  0\.0 %$'
status_of 0 "$halloc" map -o less.html less.snap

status_of 0 "$halloc" map s.snap
line_in out '^s.html: '
line_in s.html '^<title>Heap snapshot'
line_in s.html '^ledger [0-9]+ live objects in slots'
if command -v chromium >/dev/null; then
    timeout 300 chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=5000 --dump-dom "file://$PWD/s.html" \
        >dom 2>/dev/null
    line_in dom 'planted, process [0-9]+, .* resident'
    line_in dom 'A slab of slots of'
    line_in dom 'the heap, by address'
    timeout 300 chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=5000 --dump-dom \
        "file://$PWD/less.html" >dom 2>/dev/null
    line_in dom '−[0-9.]+ [KMi]*B · 0\.0 %'
fi
finish "snapshots"
