#!/bin/bash
# `halloc lab grade` gives each submission the points of the rubric, whatever the others try, and the same bytes again.
. "$(dirname "$0")/lib.sh"
python3 "$test_dir/make_class.py" class 20
cat >rubric <<'END'
correct  50                     # for the share of traces
overhead 30  full 1.5  none 3
probes   20  full 2    none 20
level    B 60
level    A 85
limit    0.3
file     mine.c
END
status_of 0 "$halloc" lab grade --csv --rubric rubric class/0*
mv out first.csv
line_in first.csv '"it called fork, while it was loaded"'
python3 - >fields <<'END' # one column of one submission a line: all are read once
import csv
for number, row in enumerate(csv.DictReader(open("first.csv")), 1):
    for column, value in row.items():
        print(number, column, value.replace("\n", " "))
END
field() { # NUMBER COLUMN
    sed -n "s/^$1 $2 //p" fields
}
for number in 1 2 3 16 17; do
    equal "$(cat class/0*"$number"/KIND | head -1): correct" 50 "$(field $number correct_points)"
done
for wanted in 5:find-too-small 6:insert-forgets 7:remove-forgets 8:crash 10:hang 11:hang 12:exit 13:reaches-out \
    14:reaches-out 15:allocates 18:crash 19:uncounted 20:reaches-out; do
    equal "the rule of $(cat class/0*"${wanted%:*}"/KIND | head -1)" "${wanted#*:}" "$(field "${wanted%:*}" rule)"
done
line_in <(field 9 message) '^it does not compile: class/009/mine.c:[0-9]+:[0-9]+: error: '
equal "what does not compile" 0 "$(field 9 points)"
equal "the level of first fit" A "$(field 1 level)"
# Best fit looks at every block, and slow looks at all of them as well: both have fewer points than first fit.
python3 - <<'END' || fail "points: see above"
import csv
rows = list(csv.DictReader(open("first.csv")))
points = [float(row["probes_points"]) for row in rows]
assert points[0] > points[1] > 0 and points[0] > points[3], points[:4]
assert points[1] == points[15], "sizes that are read past halloc_probe"
END
[ ! -e /tmp/class-was-here ] || fail "a submission wrote a file"

# The same bytes, in the order of the command line, and alone.
status_of 0 "$halloc" lab grade --csv --rubric rubric class/00*
head -n 10 first.csv | cmp - out || fail "a second run prints other bytes"
status_of 0 "$halloc" lab grade --csv --rubric rubric class/016 class/001
equal "one by one" "$(sed -n 17p first.csv; sed -n 2p first.csv)" "$(tail -n +2 out)"

# What looks at addresses has the same points each time, where the kernel allows that.
cat >looks.c <<'END'
#include "halloc.h"
static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    size_t here = (size_t)__builtin_frame_address(0), skip = ((size_t)set / 4096 + here / 16) % 61;
    MemoryBlock *found = NULL;
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree)
        if (halloc_probe(set, block) >= size && (found = block) && !skip--)
            return found;
    return found;
}
static void insert(halloc_free_set *set, MemoryBlock *block) { halloc_list_push(set, 0, block); }
static void take_out(halloc_free_set *set, MemoryBlock *block) { halloc_list_unlink(set, 0, block); }
const halloc_policy halloc_user_policy = {.name = "looks", .find = find, .insert = insert, .remove = take_out};
END
if setarch -R true 2>err; then
    "$halloc" gen phases -o a.htrace --operations=2000 --live=90 || fail gen
    printf 'trace a.htrace\noverhead 10 full 1 none 9\nprobes 10 full 1 none 90\n' >addresses
    for turn in 1 2 3 4; do
        status_of 0 "$halloc" lab grade --csv --rubric addresses looks.c
        tail -n 1 out >>same.csv
    done
    equal "points of what looks at addresses" 1 "$(sort -u same.csv | grep -c passes)"
fi

# Rows come while others are still graded; what is interrupted leaves those that were known.
sed 's/^static MemoryBlock \*find(.*/&\n    for (volatile int turn = 0; turn < 30000000; turn++) ;/' class/001/mine.c >spins.c
printf 'correct 10\nlimit 600\n' >patient
"$halloc" lab grade --csv --rubric patient class/001 class/002 spins.c >part.csv 2>/dev/null &
grading=$!
soon grep -q '"class/002"' part.csv || fail "no row before the last is known"
kill -0 $grading || fail "it did not wait for the slow one"
kill $grading
wait $grading 2>/dev/null
equal "the head and two rows" 3 "$(grep -c '' part.csv)"

# What all traces may take is processor time, and its row names the file. Time that passes is no fault.
printf 'correct 10\nlimit 600\ntotal 2\n' >short
status_of 0 "$halloc" lab grade --csv --rubric short spins.c
line_in out '^"spins.c","spins.c",0,.*"hang",".*: all traces together do not end within 2 s of processor time, in find"'
sed 's/^static MemoryBlock \*find(.*/&\n    if (set->finds < 30) usleep(10000);/' class/001/mine.c >sleeps.c
status_of 0 "$halloc" lab grade --csv --rubric short sleeps.c
line_in out '^"sleeps.c","sleeps.c",10,10,'
printf 'correct 10\ntotal 1\n' >shorter
sed 's/^static MemoryBlock \*find(.*/&\n    for (int nap = 0; nap < 20; nap++) usleep(100000);/' class/001/mine.c >naps.c
status_of 0 "$halloc" lab grade --csv --rubric shorter naps.c
line_in out '^"naps.c","naps.c",0,10,.* do(es)? not end'

# Gradescope, Autolab.
status_of 0 "$halloc" lab grade --gradescope --rubric rubric class/001
equal "results.json" "50 100 True" "$(json '"%g %g %s" % (verdict["tests"][0]["score"], sum(t["max_score"] for t in verdict["tests"]), abs(verdict["score"] - sum(t["score"] for t in verdict["tests"])) < .01)')"
equal "a sound one passes all three" "3 True" "$(json '"%s %s" % ([t["status"] for t in verdict["tests"]].count("passed"), "probes a request; 2 or fewer give all points" in verdict["tests"][2]["output"])')"
status_of 0 "$halloc" lab grade --gradescope --rubric rubric class/005
equal "a wrong one passes none" "3 counts only if every trace passes" "$(json '"%s %s" % ([t["status"] for t in verdict["tests"]].count("failed"), verdict["tests"][1]["output"])')"
status_of 0 "$halloc" lab grade --autolab --rubric rubric class/001
equal "autolab" "50" "$(json '"%g" % verdict["scores"]["correct"]')"
status_of 2 "$halloc" lab grade --autolab class/001 class/002
line_in err 'grade one submission'
status_of 2 "$halloc" lab grade --csv --autolab class/001
line_in err 'one of --csv, --gradescope and --autolab'

# Of a binary file the compiler says a thousand times the same: the beginning is enough.
head -c 20000 "$halloc" >bytes.c
status_of 0 "$halloc" lab grade bytes.c
line_in out 'it does not compile: bytes.c:1:1: error: '
[ "$(wc -l <err)" -lt 50 ] && [ "$(wc -c <err)" -lt 20000 ] || fail "$(wc -l <err) lines of the compiler"

# What the machine can't do costs nobody points: no row, and status 2.
mkdir -p broken
printf '#!/bin/sh\necho "as: No space left on device" >&2\nexit 1\n' >broken/as
chmod +x broken/as
CC="gcc -B$PWD/broken/" status_of 2 "$halloc" lab grade --csv class/001 class/002
equal "rows of what could not be compiled" 1 "$(grep -c '' out)"
line_in err "class/00[12] is not graded: this machine can't compile a sound file either: as: No space left on device"
(ulimit -n 7 && status_of 2 "$halloc" lab grade --csv class/001; exit $failures) || failures=$((failures + 1))
line_in err 'class/001 is not graded: '

# The rubric that is used without one can be read; the page's has its points.
status_of 2 "$halloc" lab rubric class
line_in err '^halloc lab: one word too many: class; '
status_of 0 "$halloc" lab rubric
mv out usual
status_of 0 "$halloc" lab grade --csv class/001
mv out without
status_of 0 "$halloc" lab grade --csv --rubric usual class/001
cmp -s without out || fail "the rubric that is printed is not the one that is used"
status_of 0 "$halloc" lab grade --csv --rubric "$source_dir/docs/teaching/rubric" class/001
equal "the page's" "$(cut -d, -f1-4,6- without)" "$(cut -d, -f1-4,6- out)"

# What is wrong with a rubric is said, with its line.
for line in 'correct' 'overhead 30 full 3 none 2' 'probes 3 many 3' 'level A' 'trace nowhere.htrace' 'points 3' 'limit 0'; do
    printf '\n%s\n' "$line" >wrong
    status_of 2 "$halloc" lab grade --rubric wrong class/001
    line_in err 'wrong, line 2: '
done
printf 'correct 3\ncorrect 4\n' >twice
status_of 2 "$halloc" lab grade --rubric twice class/001
line_in err 'twice, line 2: this line stands twice'
head -c 3000 "$source_dir/traces/perl.htrace" >cut.htrace
for name in class/001/mine.c cut.htrace; do
    printf 'trace %s\ncorrect 40\n' $name >rub
    status_of 2 "$halloc" lab grade --rubric rub class/001
    line_in err "rub, line 1: this trace can't be read"
done
: >nothing
for file in . nothing /dev/null; do
    status_of 2 "$halloc" lab grade --rubric "$file" class/001
    line_in err "$([ "$file" = . ] && echo 'cannot read .: Is a directory' || echo "$file gives no points")"
done
# And a folder without its file.
mkdir empty
status_of 0 "$halloc" lab grade --csv empty nowhere
line_in out '"empty".*no .c file'
line_in out '"nowhere".*does not exist'
mkdir linked piped
ln -s ../class/001/mine.c linked/mine.c
mkfifo piped/mine.c piped.c
status_of 0 "$halloc" lab grade --csv linked piped piped.c
line_in out '"linked".*no .c file: mine.c is a link'
line_in out '"piped".*no .c file: mine.c is a pipe'
line_in out '"piped.c".*it is a pipe, and must be a folder or a file'
status_of 0 "$halloc" lab grade --csv --rubric rubric linked empty
line_in out '"mine.c is a link, and must be a file"'
line_in out '"the folder has no mine.c"'

# Whose work it is, is said where it is not all in the submission; so is what a compiler warns of.
mkdir -p "copies a/part"
printf '#include "%s"\n#include "part/own.h"\n' "$PWD/class/001/mine.c" >"copies a/mine.c"
echo '#include <stdio.h>' >"copies a/part/own.h"
ln -s class/001 linked.folder
sed '/return best;/d' class/001/mine.c >no-return.c
cp class/001/mine.c mine.txt
status_of 0 "$halloc" lab grade --csv "copies a" linked.folder no-return.c mine.txt
line_in out "\"passes; includes $PWD/class/001/mine.c\"\$"
line_in out "\"passes; the submission is a link to $PWD/class/001\"\$"
line_in out '"no-return.c","no-return.c",.*; no-return.c:[0-9]+:.*Wreturn-type'
line_in out '"mine.txt".*its name must end in .c'

# What can't be loaded has the same words each time.
sed 's/^static MemoryBlock \*find(.*/void nobody(void);\n&\n    nobody();/' class/001/mine.c >calls.c
status_of 0 "$halloc" lab grade --csv calls.c
line_in out '"undefined symbol: nobody"$'

# A search without an end and without a return is no error of the compiler.
sed '/MemoryBlock \*best/,/return best;/d; s/^static MemoryBlock \*find(.*/&\n    for (;;)\n        ;/' class/001/mine.c >ever.c
status_of 0 "$halloc" lab grade --csv --rubric rubric ever.c
line_in out '"hang","[^"]* 0.3 s, in find'
finish "a class of twenty"
