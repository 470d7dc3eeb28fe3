#!/bin/bash
# redis-server, loaded by redis-benchmark and by a script, saved by a forked child, and loaded again: every
# value is the one that a server on glibc's malloc has. (Debian links redis to jemalloc; LD_PRELOAD comes
# before it, so one side here is really halloc, the other jemalloc. The statistics show it.)
. "$(dirname "$0")/lib.sh"
begin redis-server redis-cli redis-benchmark

same 0 bash "$workloads/redis.sh"
took 1 2000 "" bash -c 'redis-server --port 0 --unixsocket s --save "" --daemonize no >log &
    for i in $(seq 6000); do redis-cli -s s ping 2>&1 | grep -q PONG && break; sleep 0.05; done
    redis-cli -s s eval "for i = 1, 3000 do redis.call(\"set\", i, i) end" 0
    grep -q libhalloc /proc/$!/maps || exit
    redis-cli -s s shutdown nosave; wait $!'
