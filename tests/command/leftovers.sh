#!/bin/bash
# Who is killed leaves no files behind: commands that need some for a while, and tests like this one.
. "$(dirname "$0")/lib.sh"
mkdir temporary
export TMPDIR=$work/temporary

gone() { # WHAT PID: kills it, and soon nothing is in temporary
    kill -KILL "$2"
    wait "$2" 2>/dev/null
    soon rmdir temporary || fail "$1 leaves $(ls temporary)"
    rm -rf temporary
    mkdir temporary
}

at_work() { # [FILE]: it has something in its folder, or FILE is there
    [ -n "$(find temporary -mindepth 2)" ] || [ -e "${1:-none}" ]
}

there() { # WHAT [FILE]: waits until it is at work
    soon at_work "${2:-}" || fail "$1 needs no file: look at this test"
}

"$halloc" lab new mine.c >out
sed -i 's/^static MemoryBlock \*find(.*/&\n    while (set->finds > 5)\n        ;/' mine.c
"$halloc" lab check mine.c --limit 100 >out 2>err &
there "lab check"
gone "lab check" $!

# While the compiler is at work, and it takes its time.
mkfifo endless.h
sed 's/^#include.*/&\n#include "endless.h"/' mine.c >slow.c
"$halloc" lab check slow.c >out 2>err &
there "the compiler"
gone "the compiler" $!
"$halloc" lab race slow.c >out 2>err &
there "the race's compiler"
gone "the race's compiler" $!

exec 8<>endless.h # compilers that read there come to its end
exec 8>&-

"$halloc" run -- sh -c 'touch started; exec sleep 60' >out 2>err &
there run started
[ -n "$(ls temporary)" ] || fail "run needs no file: look at this test"
gone run $!
for signal in INT TERM HUP QUIT; do
    "$halloc" lab check mine.c --limit 100 >out 2>err &
    there "lab check"
    kill -$signal $! # what is started in the background ignores INT and QUIT
    gone "lab check after $signal" $!
done

# What is read to its end comes to an end, though somebody waits for it.
equal "an output that ends" "mine2.c: a policy to start from, and sound as it is." "$(timeout 300 "$halloc" lab new mine2.c | head -n 1)"
timeout 300 "$halloc" lab check mine2.c | cat >out
equal "who waits for us holds nothing open" 0 "${PIPESTATUS[0]}"
[ -z "$(ls temporary)" ] || fail "without being killed: $(ls temporary)"

# A test that is killed.
cat >test.sh <<'SH'
. "$HALLOC_SOURCE/tests/lib.sh"
echo "$work" >"$1"
exec 9<>"$2"
read -r _ <&9
SH
mkfifo wait
bash test.sh "$PWD/folder" "$PWD/wait" &
killed=$!
soon test -s folder
folder=$(cat folder)
[ -d "$folder" ] || fail "a test has no folder: '$folder'"
kill -KILL $killed
soon test ! -d "$folder" || fail "a test that is killed leaves $folder"
finish "what is killed"
