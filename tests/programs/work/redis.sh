#!/bin/bash
# A server on a socket in this folder: written to, saved, killed, loaded again. Prints what it holds.
set -eu
server=""
trap '[[ ! $server ]] || kill -KILL $server 2>/dev/null || true' EXIT

start() {
    redis-server --port 0 --unixsocket "$PWD/socket" --dir "$PWD" --dbfilename dump.rdb --save "" \
        --daemonize no --activerehashing yes --lazyfree-lazy-user-del yes >>log 2>&1 &
    server=$!
    for _ in $(seq 400); do
        [[ $(redis-cli -s socket ping 2>/dev/null) != PONG ]] || return 0
        kill -0 $server
        sleep 0.05
    done
    echo "the server does not answer"
    exit 1
}
ask() {
    redis-cli -s socket "$@"
}
values() { # every key with its value, as a digest and as numbers
    ask eval 'local keys = redis.call("keys", "*"); table.sort(keys); local all = {}
        for _, key in ipairs(keys) do
            local kind = redis.call("type", key).ok
            local value
            if kind == "string" then value = redis.call("get", key)
            elseif kind == "list" then value = table.concat(redis.call("lrange", key, 0, -1), ",")
            elseif kind == "zset" then value = table.concat(redis.call("zrange", key, 0, -1, "withscores"), ",")
            elseif kind == "set" then value = redis.call("smembers", key); table.sort(value); value = table.concat(value, ",")
            elseif kind == "hash" then value = redis.call("hgetall", key)
                local pairs_of = {}
                for i = 1, #value, 2 do pairs_of[#pairs_of + 1] = value[i] .. "=" .. value[i + 1] end
                table.sort(pairs_of); value = table.concat(pairs_of, ",")
            end
            all[#all + 1] = kind .. " " .. key .. " " .. redis.sha1hex(value)
        end
        return all' 0
}

start
ask eval 'for i = 1, 20000 do redis.call("set", "key:" .. i, string.rep("v", i * 7 % 300) .. i) end
    for i = 1, 20000 do local n = i % 37
        redis.call("hset", "hash:" .. n, "field" .. i, string.rep("h", i % 50))
        redis.call("rpush", "list:" .. n, string.rep("l", i % 40)); redis.call("sadd", "set:" .. n, i * i % 1009)
        redis.call("zadd", "zset:" .. n, i * 31 % 503, "member" .. i % 600) end
    for i = 1, 20000, 3 do redis.call("del", "key:" .. i) end
    for i = 2, 20000, 3 do redis.call("append", "key:" .. i, string.rep("a", i % 900)) end' 0
# Random keys under load, while children save: in a database of their own, to be thrown away.
redis-benchmark -s "$PWD/socket" --dbnum 1 -q -n 20000 -r 5000 -P 16 -c 20 -d 100 \
    -t set,get,incr,lpush,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,mset >benchmark 2>&1 &
load=$!
saves=0
while kill -0 $load 2>/dev/null; do
    ask bgsave >>log 2>&1 || true
    sleep 0.3
    saves=$((saves + 1))
done
wait $load
grep -qE '^SET: [0-9.]+ requests per second' <(tr '\r' '\n' <benchmark) || { cat benchmark; exit 1; }
((saves > 0)) && ask -n 1 flushdb async
while [[ $(ask info persistence) == *rdb_bgsave_in_progress:1* ]]; do sleep 0.05; done
values >before
ask bgsave
while [[ $(ask info persistence) == *rdb_bgsave_in_progress:1* ]]; do sleep 0.05; done
ask info persistence | grep -a rdb_last_bgsave_status
# The saved file is all that remains. In one group: bash tells of a killed job whenever it hears of it.
{ kill -KILL $server; wait $server; } 2>/dev/null || true
rm -f socket

start
values >after
cmp before after && echo "loaded what was saved"
wc -l <after
ask memory usage list:3 samples 0 >/dev/null
ask debug reload >/dev/null 2>&1 || true
ask eval 'return redis.call("dbsize")' 0
ask info server | grep -aq redis_version
ask shutdown nosave 2>/dev/null || true
ended=0
wait $server || ended=$?
server=""
echo "the server ended with $ended"
grep -aiE 'crash|assert|halloc:|bug report' log || true
rm -f dump.rdb log benchmark socket temp-*.rdb
