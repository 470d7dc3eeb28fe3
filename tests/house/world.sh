#!/bin/bash
# `make test-world` tells the truth: planted rows that are the same, differ, hang, misuse the heap, are not served,
# fail by themselves or lack their program come out as that; and nothing stays behind, killed or not.
. "$(dirname "$0")/lib.sh"
for program in python3 gawk pgrep; do
    command -v $program >/dev/null || skip "no $program"
done

mkdir "$work/build" "$work/rows"
cp -P "$build_dir"/libhalloc.so* "$build_dir/halloc" "$work/build"
row() { # NAME HEAD: its body comes in
    { printf '#!/bin/bash\n'; printf '# %s\n' "${@:2}"; echo '. "$(dirname "$0")/lib.sh"'; cat; } >"$work/rows/$1.sh"
}
preloaded='[[ ${LD_PRELOAD:-} ]]'
row same "programs: gawk" "served: gawk" <<<'gawk "BEGIN { for (; n < 900; n++) a[n] = n; print n }"'
row output "served: bash" <<<"$preloaded; echo \$?"
row status "served: bash" <<<"! $preloaded"
row hang "served: bash" "seconds: 2" <<<"$preloaded && sleep 1000; true"
row unserved "served: another" <<<'echo said'
row own "own malloc: bash (not true)" <<<'words=($(seq 2000)); echo ${#words[@]}'
row broken "served: bash" <<<'exit 4'
row expected "served: bash" "exits: 4" <<<'exit 4'
row missing "programs: no-such-program-anywhere" <<<'true'
row misuse "served: python3" "note: what \"is\" known's here" <<'BODY'
python3 -c 'import ctypes, os
libc = ctypes.CDLL(None); libc.free.argtypes = [ctypes.c_void_p]
if "LD_PRELOAD" in os.environ: libc.free(64)' >log 2>&1
true
BODY
nap=$((100000 + $$)).5 # seconds, by which the server is known
row server <<<"serve log setsid sleep $nap; sleep 1000"

world() { # ROW...
    status=0
    env -u HALLOC_CI BUILD="$work/build" ROWS="$work/rows" tests/world/run "$@" >"$work/said" 2>&1 || status=$?
}
comes_out() { # ROW STATUS PATTERN
    world "$1"
    ((status == $2)) || fail "$1: exit status $status, not $2"
    grep -qE -- "$3" "$work/said" || fail "$1: no '$3' in: $(<"$work/said")"
}
comes_out same 0 '^same +same +[0-9.]+ +[0-9]+ +[0-9.]+ +[0-9]+$'
comes_out expected 0 '^expected +same '
comes_out output 1 '^    --- stdout, glibc'
comes_out status 1 '^    --- status, glibc'
comes_out hang 1 'a hang, ended after 2 s'
comes_out unserved 1 '^    another: halloc did not serve it'
comes_out own 1 '^    bash: has no malloc of its own after all'
comes_out broken 1 'on glibc it ended with 4, not 0'
comes_out missing 0 '^missing +missing: no-such-program-anywhere'
comes_out misuse 1 '^    halloc: '
grep -q "note: what \"is\" known's here" "$work/said" || fail "a note is lost: $(<"$work/said")"
comes_out no-such-row 2 'no such row: no-such-row'
world same output
((status == 1)) && grep -q '^1 the same; differ: output$' "$work/said" || fail "two rows: $status, $(<"$work/said")"

# Ended by a signal while a server is up, which has left its session: the server goes, and so does the folder.
for signal in TERM HUP; do
    env -u HALLOC_CI BUILD="$work/build" ROWS="$work/rows" tests/world/run server >"$work/said" 2>&1 &
    runner=$!
    for try in {1..600}; do
        server=$(pgrep -f "^sleep $nap" | head -n 1) && break
        sleep 0.1
    done
    folder=$(readlink "/proc/${server:-none}/cwd" | cut -d/ -f1-3)
    [[ $folder == /tmp/world.* && -d $folder ]] || fail "the server did not start: $(<"$work/said")"
    kill -$signal $runner
    wait $runner && fail "$signal: it ended well" || true
    ! pgrep -f "^sleep $nap" || fail "$signal: the server outlived it"
    [[ ! -e $folder ]] || fail "$signal: $folder is left"
done
finish "planted rows"
