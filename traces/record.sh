#!/bin/bash
# record.sh [NAME...] - makes the traces of this folder anew, all or those named: the exact commands. They differ
# a little from those here where programs of other versions are installed.
#
#     HALLOC=../build/halloc ./record.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
halloc=$(realpath "${HALLOC:-$here/../build/halloc}")
export LC_ALL=C PYTHONHASHSEED=0 PERL_HASH_SEED=0 PYTHONMALLOC=malloc HOME=/nowhere
export GIT_AUTHOR_DATE=2020-01-01T00:00:00Z GIT_COMMITTER_DATE=2020-01-01T00:00:00Z
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

trace() { # NAME COMMAND...: in a clean folder with the inputs
    "$halloc" trace -q -o "$here/$1.htrace" -- "${@:2}" >/dev/null
}

# --- Inputs: generated, so that they need not be shipped ---------------------------------------------------

cat >text.awk <<'AWK'
BEGIN { # words of a made-up language, some frequent and most rare
    srand(1)
    for (i = 0; i < 3000; i++) { word[i] = ""; for (j = 0; j < 1 + i % 4; j++) word[i] = word[i] substr("balocuneritosamedifigo", 2 * int(rand() * 11) + 1, 2) }
    for (line = 0; line < 6000; line++) { for (i = 0; i < 10; i++) printf "%s ", word[int(3000 * rand() * rand() * rand())]; print "" }
}
AWK
awk -f text.awk >text.txt

cat >words.pl <<'PERL'
my (%count, %after, $last);
while (<>) { for my $word (split) { $count{$word}++; push @{$after{$last}}, $word if defined $last; $last = $word } }
my @top = (sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count)[0 .. 19];
print join(" ", $_, $count{$_}, (sort @{$after{$_}})[0 .. 4]), "\n" for @top;
PERL

cat >documents.py <<'PYTHON'
import json
documents = [{"id": i, "name": "name %d" % i, "tags": ["t%d" % (i * j % 97) for j in range(i % 7)]} for i in range(3500)]
text = json.dumps(documents)
index = {}
for document in json.loads(text):
    for tag in document["tags"]:
        index.setdefault(tag, []).append(document["name"])
print(len(text), sorted((len(names), tag) for tag, names in index.items())[-3:])
PYTHON

cat >pipeline.py <<'PYTHON'
import queue, threading
jobs, results = queue.Queue(64), queue.Queue()
def make(start):
    for i in range(start, start + 1500):
        jobs.put([("%d" % (i * j)) * (j % 5 + 1) for j in range(8)])
def work():
    while (job := jobs.get()) is not None:
        results.put(sorted("-".join(job).split("-")))
makers = [threading.Thread(target=make, args=(1500 * i,)) for i in range(2)]
workers = [threading.Thread(target=work) for i in range(3)]
for thread in makers + workers: thread.start()
for thread in makers: thread.join()
for thread in workers: jobs.put(None)
for thread in workers: thread.join()
print(results.qsize())
PYTHON

cat >tree.lua <<'LUA'
local seed = 1
local function random(n) seed = (seed * 16807) % 2147483647; return seed % n end
local function insert(tree, key)
    if not tree then return {key = key, name = "node " .. key} end
    local side = key < tree.key and "left" or "right"
    tree[side] = insert(tree[side], key)
    return tree
end
local kept = {}
for round = 1, 12 do
    local tree
    for i = 1, 3000 do tree = insert(tree, random(1000000)) end
    if round % 4 == 0 then kept[#kept + 1] = tree end
end
print(#kept, collectgarbage("count") > 0)
LUA

cat >tables.sql <<'SQL'
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, town TEXT);
CREATE TABLE visit(person INTEGER, place TEXT, day INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
  INSERT INTO person SELECT i, 'name ' || i, 'town ' || (i * 7919 % 83) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO visit SELECT i * 31 % 4000 + 1, 'place ' || (i * 104729 % 211), i % 365 FROM n;
CREATE INDEX visit_person ON visit(person);
SELECT town, count(*), group_concat(DISTINCT place) FROM person JOIN visit ON person = id GROUP BY town;
SELECT place, avg(day), max(name) FROM visit JOIN person ON id = person GROUP BY place ORDER BY 2 LIMIT 9;
DELETE FROM visit WHERE day % 3 = 0;
SELECT name, count(*) FROM person LEFT JOIN visit ON id = person GROUP BY id ORDER BY 2 DESC LIMIT 9;
SQL
for i in $(seq 1 60); do
    echo "SELECT count(DISTINCT name) FROM person JOIN visit ON person = id WHERE place = 'place $i' AND town LIKE '%$((i % 10))%';"
done >>tables.sql

cat >index.cpp <<'CPP'
#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>
template <class Key> struct Index {
    std::map<Key, std::vector<std::string>> entries;
    void add(const Key &key, std::string text) { entries[key].push_back(std::move(text)); }
    std::size_t largest() const {
        std::size_t most = 0;
        for (auto &[key, texts] : entries) most = std::max(most, texts.size());
        return most;
    }
};
int main() {
    Index<std::string> words;
    Index<int> lengths;
    for (std::string word; std::cin >> word;) { lengths.add(int(word.size()), word); words.add(word, word); }
    std::cout << words.largest() << ' ' << lengths.largest() << '\n';
}
CPP

repository() { # a small history, the same each time
    git init -q -b main repository
    git -C repository config user.name Somebody
    git -C repository config user.email somebody@example.org
    for commit in $(seq 1 160); do
        for file in $(seq 1 12); do
            [ $(((commit * file) % 5)) -ne 0 ] || sed -n "$((commit * 37 % 5500 + 1)),$((commit * 37 % 5500 + 300))p" text.txt >"repository/file$file.txt"
        done
        git -C repository add -A
        git -C repository commit -q --allow-empty -m "Commit $commit"
    done
}

# --- The traces ----------------------------------------------------------------------------------------------

make_python3() { trace python3 python3 documents.py; }
make_pipeline() { trace pipeline python3 pipeline.py; }
make_perl() { trace perl perl words.pl text.txt; }
make_lua() { trace lua lua5.4 tree.lua; }
make_sqlite3() { trace sqlite3 sqlite3 :memory: ".read tables.sql"; }
make_cc1plus() { trace cc1plus "$(g++ -print-prog-name=cc1plus)" -quiet -O0 -imultiarch "$(g++ -print-multiarch)" -D_GNU_SOURCE -o /dev/null index.cpp; }
make_git() { repository; trace git git -C repository -c core.pager=cat log --stat -p --no-color; }

for name in "${@:-python3 pipeline perl lua sqlite3 cc1plus git}"; do
    for one in $name; do "make_$one"; done
done
