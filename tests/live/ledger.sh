#!/bin/bash
# The ledger explains a process's resident memory within 2 %, and agrees with the kernel and with what is known of the
# program: preloaded or linked, with threads, while it works.
. "$(dirname "$0")/lib.sh"

program planted
gcc -O1 -g -fno-builtin -o linked planted.c "$build_dir/libhalloc.a" -pthread || die "planted.c does not link"
gcc -O1 -g -fno-builtin -static -o alone planted.c "$build_dir/halloc.o" -pthread || die "planted.c does not link"

adds_up() { # the ledger of $pid
    local rss
    rss=$(awk '/^Rss/ { print $2 * 1024 }' "/proc/$pid/smaps_rollup")
    look "sum(bytes.values()) == it['resident_bytes']" "near(it['resident_bytes'], $rss, 0.01)" \
        "abs(bytes['rest']) <= 0.02 * $rss" "it['paused_ns'] > 0" "it['astray'] == 0"
}

for command in "env LD_PRELOAD=$library ./planted" ./linked ./alone; do
    what=$command
    begin $command known
    adds_up
    # Of 300,000 objects of 112 bytes 100,000 are gone; 40 MiB more; the C library has a few of its own.
    look "0 <= it['live_objects'] - 200040 < 20" "near(bytes['large'], 40 << 20, 0.01)" \
        "near(bytes['slots'], 200000 * 112, 0.01)" "near(it['pinned_bytes'] + it['idle_bytes'], 100000 * 112, 0.05)"
    end
done

# Its 300,000 pointers are a mapping that the ledger counts as the program's: the list names it so. A system that gives
# huge pages to all makes more of it resident.
begin env LD_PRELOAD="$library" ./planted known
"$halloc" why "$pid" >out 2>err || fail "why: $(cat err)"
line_in out '^ +0x[0-9a-f]+ +[2-4]\.[0-9] MiB +/.*/planted: variables$'
end

what=small
begin env LD_PRELOAD="$library" ./planted small
adds_up
look "0 <= it['live_objects'] - 6666 < 20" "near(bytes['free_slots'], 3333 * 112, 0.05)"
end

for command in stacks caches pinned; do
    what=$command
    begin env LD_PRELOAD="$library" ./planted $command
    adds_up
    [ $command != stacks ] || look "bytes['stacks'] > 6 * 7 << 20"
    [ $command != caches ] || look "bytes['cached'] > 150 * 200000"
    end
done

# A program that allocates and frees in four threads while it is looked at, and checks what it has.
program busy
what=busy
begin env LD_PRELOAD="$library" ./busy
for look in {1..6}; do
    look "abs(bytes['rest']) <= 0.02 * it['resident_bytes']" "it['astray'] <= 4"
    "$halloc" why --no-pause "$pid" >out 2>err || grep -q 'changes faster' err || fail "--no-pause: $(cat err)"
done
kill -TERM "$pid"
wait "$pid"
equal "the busy program's status" 0 $?
finish "ledgers"
