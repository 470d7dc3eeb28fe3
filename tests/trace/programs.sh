#!/bin/bash
# Real programs, recorded: they print what they print untraced, end as they end, and take at most three bytes
# an operation. Each on glibc's malloc and on Halloc.
. "$(dirname "$0")/lib.sh"

ran=0
try() { # NAME COMMAND...: the same output with and without
    local name=$1 below bytes operations
    shift
    command -v "$1" >/dev/null || { echo "no $1 here"; return; }
    "$@" >untraced 2>untraced.err
    local status=$?
    for below in "" --below=halloc; do
        # shellcheck disable=SC2086
        "$halloc" trace -q $below -o "$name.htrace" -- "$@" >traced 2>traced.err
        equal "$name $below: exit status" $status $?
        cmp untraced traced || fail "$name $below: other output"
        cmp untraced.err traced.err || fail "$name $below: other errors"
        sound "$name.htrace"
        operations=$(number "$name.htrace" operations)
        bytes=$(number "$name.htrace" file_bytes)
        ((bytes <= 3 * operations + 4096)) || fail "$name $below: $bytes bytes for $operations operations"
    done
    echo "$name: $operations operations, $bytes bytes"
    ran=$((ran + 1))
    rm -f "$name".htrace*
}

cat >hello.cc <<'END'
#include <iostream>
#include <map>
#include <string>
int main() { std::map<int, std::string> m{{1, "one"}}; std::cout << m[1] << '\n'; }
END
cat >work.py <<'END'
import json
data = [{str(i): [i, i / 7, str(i) * 3]} for i in range(20000)]
print(len(json.loads(json.dumps(data))))
END
git init -q repository && cp hello.cc work.py repository && (
    cd repository && git add . && git -c user.name=a -c user.email=b@c commit -qm one)
export PYTHONMALLOC=malloc
try gcc g++ -O1 -S -o - hello.cc
try python python3 work.py
try git git -C repository log -p --stat
try sqlite sqlite3 :memory: "create table t(a,b); with recursive c(x) as (select 1 union all select x+1 from c where x<20000)
    insert into t select x, hex(x*7) from c; create index i on t(b); select count(*), max(b) from t where b like '%3%';"
try perl perl -e 'my %h; $h{$_ % 1000} .= $_ for 1..50000; print length join ",", map { "$_$h{$_}" } sort keys %h'

# A server under load, asked to end.
if command -v redis-server >/dev/null && command -v redis-benchmark >/dev/null; then
    "$halloc" trace -o redis.htrace -- redis-server --port 0 --unixsocket "$work/redis.sock" --save '' >redis.log 2>&1 &
    server=$!
    soon test -S redis.sock
    redis-benchmark -s "$work/redis.sock" -q -n 2000 -c 8 -t set,get,lpush,hset >/dev/null 2>&1 || fail "no load"
    redis-cli -s "$work/redis.sock" set halloc traced >/dev/null
    equal "redis answers" traced "$(redis-cli -s "$work/redis.sock" get halloc)"
    redis-cli -s "$work/redis.sock" shutdown nosave >/dev/null 2>&1
    wait $server
    equal "redis: exit status" 0 $?
    sound redis.htrace
    (($(number redis.htrace operations) > 5000)) || fail "redis: only $(number redis.htrace operations) operations"
    ran=$((ran + 1))
fi
((ran >= 2)) || skip "none of these programs is here"
finish "$ran programs"
