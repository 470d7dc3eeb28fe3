#!/bin/bash
# The handout has no answer, is the same each time, and is enough for a student with gcc alone.
. "$(dirname "$0")/../lib.sh"
for kind in handout answers; do
    bash "$source_dir/tools/pack-course.sh" $kind "$PWD/$kind.tar.gz" >out || die "no $kind: $(cat out)"
done
bash "$source_dir/tools/pack-course.sh" handout "$PWD/again.tar.gz" >out
cmp handout.tar.gz again.tar.gz || fail "two handouts differ"
tar -tzf handout.tar.gz >names
grep -qE 'docs/answers|^halloc/(tests|\.github)/' names && fail "the handout has $(grep -E 'docs/answers|^halloc/(tests|\.github)/' names | head -3)"
for name in Makefile docs/01-bump.md docs/exercises/02-implicit.c traces/git.htrace tools/build-with-gcc.sh docs/teaching/rubric; do
    grep -qx "halloc/$name" names || fail "the handout has no $name"
done
tar -tzf answers.tar.gz | grep -qx halloc/docs/answers/02-implicit.c || fail "the answers are missing"

tar -xzf handout.tar.gz
# Only these: no cmake, no make. ar, as, ld and objcopy come with gcc.
mkdir few
for tool in sh sed awk cat cp ln ls rm mkdir find wc tr ar as ld objcopy gcc cc dirname; do
    path=$(command -v $tool) && ln -s "$path" few/$tool
done
CFLAGS=-O0 PATH=$PWD/few halloc/tools/build-with-gcc.sh >out 2>err || die "gcc alone does not build it: $(tail -5 err)"
lab=$PWD/halloc/build/halloc
"$lab" lab init own >out || fail "lab init"
[ -r own/exercises/02-implicit.c ] || fail "no exercises"
[ ! -e own/answers ] || fail "a link to answers"
"$lab" lab check own/mine.c >out || fail "lab check: $(cat out)"
"$lab" lab grade --csv own >out
"$halloc" lab grade --csv own >wanted
cmp out wanted || fail "gcc's build grades otherwise"
"$lab" map "$source_dir/traces/sqlite3.htrace" -o page.html 2>err || fail "map: $(cat err)"
"$halloc" map "$source_dir/traces/sqlite3.htrace" -o wanted.html
page() { grep -vE '^($|<script type="(text/plain|application/json))' "$1"; }
cmp <(page page.html) <(page wanted.html) || fail "gcc's build makes another page"

# What the site shows or links to is there, or is known to be left out.
python3 -B - <<'END' || fail "the handout's site: see above"
import re, sys
sys.path.insert(0, "halloc/site")
import tree
pages = tree.Tree("halloc")
for page in sorted(name for name in pages.files if name.endswith(".md")):
    text = re.sub(r"^```.*?^```$", "", pages.text(page), flags=re.M | re.S)
    for mark, target in re.findall(r"(!?)\[[^]]*\]\(([^)#\s]+)[^)]*\)", text):
        found = target if ":" in target else pages.resolve(page, target)
        assert found or not mark, f"{page} has no picture {target}"
END
finish "a handout"
