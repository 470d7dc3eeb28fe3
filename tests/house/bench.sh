#!/bin/bash
# The races work: all modes at a tiny scale, with outputs that parse; an allocator that does not take over is
# found out; and the statistics are right (bench_statistics.py).
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "no python3"

python3 tests/house/bench_statistics.py >"$work/log" 2>&1 || fail "$(tail -20 "$work/log")"

bench() { # arguments for bench/run
    ${exec:-} python3 bench/run --smoke --library "$library" --output "$work/out" "$@" >"$work/log" 2>&1
}

bench --allocators halloc,glibc --no-real || fail "a race fails: $(tail -20 "$work/log")"
python3 - "$work/out" <<'END' || fail "the race's outputs are not in order"
import json, os, re, sys, xml.dom.minidom
folder = sys.argv[1]
results = json.load(open(folder + "/race.json"))
for source in os.listdir("bench/workloads"):
    built = os.path.join(folder, "programs", source[:-2])
    assert source.endswith(".h") or os.path.exists(built), source + " is not raced"
for task in results["tasks"]:
    for name in "halloc", "glibc":
        assert "failure" not in task["results"][name], (task["name"], task["results"][name])
        assert len(task["samples"][name]) == 2 and task["results"][name]["rss_kib"] > 500
        assert task["results"][name]["figures"]["operations"] > 0
    assert task["memory"]["best"] == "glibc" and task["memory"]["lower"] <= task["memory"]["upper"]
for field in "wall", "rss":
    mean = results["means"]["all"][field]
    assert abs(mean["of"]["glibc"] - 1) < 1e-9 and mean["of"]["halloc"] > 0
page = open(folder + "/race.md").read()
picture = xml.dom.minidom.parse(folder + "/race.svg").documentElement
words = {node.firstChild.data for node in picture.getElementsByTagName("text")
         if node.firstChild.nodeType == node.TEXT_NODE}
for task in results["tasks"]:
    assert "### %s:" % task["name"] in page and task["name"] in words, task["name"]
head, *lines = open(folder + "/benchres.csv").read().splitlines()
form = re.compile(r"(\S+) +(\S+) +\d+\.\d+ (\d+) \d+\.\d+ \d+\.\d+ \d+ \d+")  # what that suite's scripts read
found = [form.fullmatch(line).groups() for line in lines]
assert [run[:2] for run in found] == [(task["name"], name) for task in results["tasks"]
                                      for name, runs in task["samples"].items() for _ in runs], found
assert head.startswith("#") and all(int(kib) > 500 for _, _, kib in found), found
END

# Servers run with their clients, and leave no process and no file: when they are done, and when the race is ended.
servers=(redis-server postgres mariadbd nginx flask db_bench)
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
chmod 711 "$work" # some of them refuse root, and run as nobody
left() { # what of them is there
    ls -A "$TMPDIR"
    pgrep -af "$TMPDIR"
}
begun_or_over() {
    [ -n "$(pgrep -f "$TMPDIR")" ] || ! kill -0 "$race"
}
gone() {
    [ -z "$(left)" ]
}
tasks=$(python3 bench/run --list --allocators glibc --output "$work/out" | cut -d' ' -f1)
for server in "${servers[@]}"; do
    grep -qx -- "$server" <<<"$tasks" || { echo "not here: $server"; continue; }
    bench --allocators halloc --only "$server" --repeat 1 || fail "$server fails: $(tail -20 "$work/log")"
    gone || fail "$server leaves: $(left)"
    exec=exec bench --allocators glibc --only "$server" --repeat 1000 &
    race=$!
    soon begun_or_over
    kill -TERM "$race" || fail "$server does not begin"
    wait "$race" || true
    soon gone || fail "$server, interrupted, leaves: $(left)"
done
unset TMPDIR

# A library without malloc does not take; nor may a race count it.
echo 'int nothing;' | gcc -shared -fPIC -x c -o "$work/nothing.so" -
bench --only pairs-16 --no-real --allocators halloc,empty empty="$work/nothing.so" || true
grep -q 'pairs-16 | empty | did not take' "$work/log" || fail "an allocator that did not take was raced"

# A libc that lies elsewhere runs programs and servers under its own loader; here it is a copy of the system's.
loader=$(realpath "$(ldd /bin/sh | grep -o '/[^ ]*/ld[^ ]*')")
mkdir "$work/libc"
cp "$loader" "$work/libc/ld-linux-copy.so.2"
cp "$(dirname "$loader")/libc.so.6" "$work/libc"
chmod -R go+rX "$work/libc"
bench --only pairs-16,exchange,python3,redis-server --allocators halloc,copy-2.0 \
    copy-2.0="$work/libc/ld-linux-copy.so.2@2025-01-30" || fail "a race with a libc of its own fails"
grep -q '| copy-2.0 | 2.0 | 2025-01-30 |' "$work/out/race.md" || fail "the page does not say when a peer was released"
! grep -q '## What failed' "$work/log" || fail "a libc with its own loader fails: $(tail -20 "$work/log")"

bench --ledger --only producer || fail "the ledger fails: $(tail -20 "$work/log")"
python3 - "$work/out" <<'END' || fail "the ledger's figures are not in order"
import json, sys
entry = json.load(open(sys.argv[1] + "/ledger.json"))["producer-consumer"]["2"]
assert entry["atomics"] > entry["locks"] > entry["waits"] >= 0, entry
# One thread takes and the other frees, so lines must move; and the functions have names.
assert entry["handed_over"] > 10 and entry["program"] > 10, entry
assert "remote_publish" in dict(entry["atomics_where"]), entry
END

if command -v valgrind >/dev/null; then
    bench --instructions --allocators halloc || fail "counting instructions fails: $(tail -20 "$work/log")"
    python3 - "$work/out" <<'END' || fail "the counts of instructions are not in order"
import json, sys
found = json.load(open(sys.argv[1] + "/instructions.json"))
included, without = found["pairs"]["malloc"]["16"]["halloc"]
assert 5 < without < included < 1000, found
END
fi
finish "the races, at a tiny scale"
