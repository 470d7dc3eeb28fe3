#!/bin/bash
# What samples stand for sums up to what malloc grants, within 5 %: in three real programs, and in the seven recorded
# ones, played again. The exact sum is counted call by call; it agrees with the library's own counters.
. "$(dirname "$0")/lib.sh"
gcc -O1 -g -o play "$source_dir/tests/live/play.c" 2>err || die "play.c: $(cat err)"
gcc -O1 -g -fno-builtin -fPIC -shared -o count.so "$source_dir/tests/live/count.c" -ldl 2>err || die "count.c: $(cat err)"

# A point stands for EVERY bytes, so n points have a deviation of 1 / sqrt(n). 20,000 make 0.7 %: 5 % are seven
# deviations, and chance gets there once in 400 thousand million runs.
sum() { # NAME EVERY COMMAND...: a program, not a script
    local name=$1 every=$2
    shift 2
    "$halloc" run --json -o "$name.json" -- "$halloc" profile --every="$every" --to=speedscope -o "$name.samples" -- \
        env LD_PRELOAD="$work/count.so:$library" COUNTED="$name.counted" EVERY="$every" "$@" >out 2>err ||
        { fail "$name: status $?: $(tail -n 5 err)"; return; }
    look_at "$name" "$every"
}

look_at() { # NAME EVERY
    python3 - "$1" "$2" <<'END' || fail "$1: the sums differ"
import json, sys
name, every = sys.argv[1], int(sys.argv[2])
fresh, all = map(int, open(name + ".counted").read().split())
sampled = json.load(open(name + ".samples"))["profiles"][1]["endValue"]
counters = max(one["granted_bytes"] for one in json.load(open(name + ".json"))["processes"] if not one["is_command"])
print(f"{name:10} {fresh:12,} granted {sampled:12,} by samples {100 * (sampled / fresh - 1):+5.1f} %"
      f" {fresh / every:8,.0f} points  {counters:12,} counters {100 * (counters / all - 1):+.2f} %")
sys.exit(fresh < 20000 * every or abs(sampled / fresh - 1) > 0.05 or abs(counters / all - 1) > 0.002)
END
}

for trace in "$source_dir"/traces/*.htrace; do
    name=$(basename "$trace" .htrace)
    "$halloc" export -o "$name.rep" "$trace" 2>err || fail "$name: $(cat err)"
    case $name in
    git) every=16384 ;;
    cc1plus) every=8192 ;;
    lua | perl) every=384 ;;
    *) every=900 ;;
    esac
    sum "$name" $every ./play "$name.rep"
done

sum python3-live 4096 PYTHONMALLOC=malloc "$(python3 -c 'import sys; print(sys.executable)')" -c '
import json
rows = [{"number": i, "words": [str(i)] * 5} for i in range(4000)]
for _ in range(20): rows = json.loads(json.dumps(rows))'

cat >shapes.cc <<'E2'
#include <map>
#include <string>
#include <vector>
int main() {
    std::map<std::string, std::vector<int>> rows;
    for (int i = 0; i < 100; i++) rows[std::to_string(i)].push_back(i);
    return (int)rows.size() - 100;
}
E2
g++ -E -o shapes.ii shapes.cc 2>err || die "shapes.cc: $(cat err)"
sum g++ 2048 "$(g++ -print-prog-name=cc1plus)" -quiet -O1 -fpreprocessed shapes.ii -o shapes.s

if command -v redis-server >/dev/null && command -v redis-benchmark >/dev/null; then
    "$halloc" run --json -o redis.json -- "$halloc" profile --every=1024 --to=speedscope -o redis.samples -- \
        env LD_PRELOAD="$work/count.so:$library" COUNTED="$work/redis.counted" EVERY=1024 redis-server --port 0 \
        --unixsocket "$work/socket" --save '' >out 2>err &
    soon redis-cli -s socket ping || die "redis: $(cat out err)"
    redis-benchmark -s socket -q -n 30000 -r 20000 -d 300 -t set,lpush >/dev/null 2>&1
    redis-cli -s socket shutdown nosave >/dev/null 2>&1
    wait $! || fail "redis: $(cat err)"
    look_at redis 1024
fi
finish "sums of samples"
