#!/bin/sh
# redis-server under redis-benchmark, over a socket.
#
#     redis.sh SCALE
. "$(dirname "$0")/server.sh"
serve TERM redis-server --port 0 --unixsocket "$home/socket" --dir "$home" --save '' --appendonly no --io-threads 1
answers redis-cli -e -s "$home/socket" ping
client redis-benchmark -s "$home/socket" -q -n "$(scaled 20000)" -r 100000 -d 100 -P 16 -c 20 \
    -t set,get,lpush,sadd,hset,lrange_100,mset
stop
