#!/bin/bash
# As a learner meets it: `new` writes a policy that compiles without a warning and passes, from any folder, built or
# installed; it writes over nothing. A grader gets 0, 1 or 2. What is missing or wrong is said in one line.
. "$(dirname "$0")/lib.sh"

status_of 0 "$halloc" lab new my_policy.c
lines=$(wc -l <my_policy.c)
[ "$lines" -ge 30 ] && [ "$lines" -le 50 ] || fail "the template has $lines lines"
status_of 0 "$halloc" lab check my_policy.c
[ ! -s err ] || fail "check of the template says: $(cat err)"
line_in out 'passed: every invariant held'
[ ! -e my_policy.failing.htrace ] || fail "a trace is saved though all is well"
echo mine >>my_policy.c
status_of 2 "$halloc" lab new my_policy.c
line_in err 'is there already'
equal "it is as it was" mine "$(tail -1 my_policy.c)"
status_of 2 "$halloc" lab new my_policy
mkdir -p "a folder"
status_of 0 "$halloc" lab new "a folder/first.c"
status_of 0 "$halloc" lab check "a folder/first.c"
line_in out 'policy "first2"'

# The commands that are printed can be typed as they stand, whatever the files are called.
status_of 0 "$halloc" lab new "a folder/it's.c"
sed -n 's/^  halloc lab check //p' out >word
equal "the printed name, as a shell reads it" "a folder/it's.c" "$(eval "printf %s $(cat word)")"
sed -i 's/return block;/return NULL;/' "a folder/it's.c"
status_of 1 "$halloc" lab check "a folder/it's.c"
sed -n 's/^  halloc lab check //p' out >word
equal "and both of a failure" "a folder/it's.c|it's.failing.htrace|" "$(eval "printf '%s|' $(cat word)")"

# A file's name without a letter of English makes a policy's name all the same.
status_of 0 "$halloc" lab new 'ä ö.c'
line_in 'ä ö.c' '^ +.name = "mine",$'

# So does one whose name begins with a dash. The signatures are prescribed: what they leave unused is no news.
cat >-dash.c <<'C'
#include "halloc.h"
static MemoryBlock *find(const halloc_free_set *set, size_t size) { return NULL; }
static void insert(halloc_free_set *set, MemoryBlock *block) { halloc_list_push(set, 0, block); }
static void take_out(halloc_free_set *set, MemoryBlock *block) { halloc_list_unlink(set, 0, block); }
const halloc_policy halloc_user_policy = {"none", .find = find, insert, take_out};
C
status_of 1 "$halloc" lab check -- -dash.c
[ ! -s err ] || fail "of what is prescribed it says: $(cat err)"
sed -n 's/^  halloc lab check //p' out >word
equal "a dash in front" "./-dash.c dash.failing.htrace" "$(cat word)"
cp -- -dash.c "a b.c"
status_of 1 "$halloc" lab check "a b.c"
line_in out '`break "a b.c":find`'
(cd /proc && "$halloc" lab check "$work/a b.c") >out 2>err && fail "a trace that can't be saved is no failure"
line_in out 'The trace could not be saved'
cp -- -dash.c any.cpp
status_of 2 "$halloc" lab check any.cpp
equal "C++ is refused in a line" "halloc lab check: any.cpp is no C file: its name must end in .c" "$(cat err)"
mkdir bare-name
cp -- -dash.c bare-name/mine
status_of 2 "$halloc" lab check bare-name/mine
line_in err 'bare-name/mine is no C file: its name must end in .c'

# Compiler errors are the compiler's.
status_of 2 "$halloc" lab check my_policy.c
line_in err "my_policy.c:[0-9]+:.*error"
line_in err 'my_policy.c does not compile'
status_of 2 "$halloc" lab check my_policy.c --json
equal "json of what does not compile" False "$(json 'verdict["passed"]')"
echo '#include "halloc.h"' >empty.c
status_of 2 "$halloc" lab check empty.c
line_in err 'does not define .const halloc_policy halloc_user_policy'
printf '#include "halloc.h"\nconst halloc_policy halloc_user_policy = {.name = "half"};\n' >half.c
status_of 2 "$halloc" lab check half.c
line_in err 'lacks find'
status_of 2 "$halloc" lab check nowhere.c
line_in err 'cannot read nowhere.c'
mkdir bare
ln -s "$(command -v sh)" bare/sh
PATH=$PWD/bare status_of 2 "$halloc" lab check "a folder/first.c"
line_in err 'no C compiler was found'
for wrong in "" "check" "frobnicate x.c" "check x.c --frob" "check x.c --limit" "check x.c --limit 0" "check x.c --stop"; do
    # shellcheck disable=SC2086
    status_of 2 "$halloc" lab $wrong
done
for wrong in "frobnicate" "frobnicate x.c" "x.c"; do
    # shellcheck disable=SC2086
    status_of 2 "$halloc" lab $wrong
    line_in err "^halloc lab: ${wrong%% *}: init, new, check, race, grade or rubric"
done
status_of 2 "$halloc" lab check
line_in err 'which file'
status_of 2 "$halloc" lab check "a folder/first.c" nothing.htrace
ls -d /tmp/halloc-lab.* 2>/dev/null | while read -r left; do
    [ -O "$left" ] && [ "$left" -nt "$work" ] && [ -z "$(find "$left" -newermt '-1 second')" ] && fail "left behind: $left"
done

# Installed, elsewhere.
DESTDIR=$work/root cmake --install "$build_dir" --prefix /opt/halloc >/dev/null || fail "cmake --install"
status_of 0 "$work/root/opt/halloc/bin/halloc" lab new installed.c
status_of 0 "$work/root/opt/halloc/bin/halloc" lab check installed.c
mv "$work/root/opt/halloc/include/halloc.h" .
status_of 2 "$work/root/opt/halloc/bin/halloc" lab check installed.c
line_in err 'halloc.h is missing'
finish "a learner's first steps"
