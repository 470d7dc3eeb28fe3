#!/bin/sh
# redis-server under redis-benchmark, over a socket in a folder of its own. Only the server runs on the raced
# allocator (BENCH_PRELOAD, set by the harness): the client's would add its own cost to every figure.
#
#     redis.sh SCALE
set -eu
requests=$(awk "BEGIN { print int(20000 * $1) + 100 }")
home=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$home"' EXIT
env ${BENCH_PRELOAD:+LD_PRELOAD="$BENCH_PRELOAD"} redis-server --port 0 --unixsocket "$home/socket" --dir "$home" \
    --save '' --appendonly no --io-threads 1 >"$home/log" 2>&1 &
server=$!
until redis-cli -s "$home/socket" ping >/dev/null 2>&1; do
    kill -0 "$server" || { cat "$home/log" >&2; exit 1; }
    sleep 0.01
done
redis-benchmark -s "$home/socket" -q -n "$requests" -r 100000 -d 100 -P 16 -c 20 \
    -t set,get,lpush,sadd,hset,lrange_100,mset >/dev/null
redis-cli -s "$home/socket" dbsize
redis-cli -s "$home/socket" shutdown nosave >/dev/null 2>&1 || true
wait "$server"
