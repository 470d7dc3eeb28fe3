#!/bin/bash
# A process, a program, a source file and a module may have names of any bytes. What the commands print and write has
# no control character of theirs, which a terminal would obey, and is UTF-8.
. "$(dirname "$0")/lib.sh"

# Ends of escape sequences, a byte that is no UTF-8, a control character of two bytes, and a sound letter.
odd=$'o\033[31m\377\302\233é'
cat >"$odd.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
static void *volatile kept[2000];
__attribute__((noinline)) static void *keep(void) {
    return malloc(1000);
}
int main(int argc, char **argv) {
    prctl(PR_SET_NAME, argv[1]);
    for (int turn = 0; turn < 2000; turn++)
        kept[turn] = keep();
    if (argc > 2) {
        puts("ready");
        fflush(stdout);
        pause();
    }
}
END
gcc -O1 -g -fno-builtin -o "$odd" "$odd.c" || die "it does not compile"
gcc -O1 -fno-builtin -s -o "$odd-bare" "$odd.c" || die "it does not compile"

sound() { # WHAT FILE...
    local what=$1
    shift
    python3 - "$@" <<'END' || fail "$what: as above"
import sys
for name in sys.argv[1:]:
    text = open(name, "rb").read().decode()
    assert text, name + " is empty"
    wrong = [letter for letter in text if (ord(letter) < 32 and letter not in "\n\r\t") or 127 <= ord(letter) < 160]
    assert not wrong, f"{name} has {wrong}: {text[:2000]}"
END
}

pprof_strings() { # the strings of a profile, a line each: field 6 of the message
    python3 -c "import sys
$protobuf
for field, value in fields(sys.stdin.buffer.read()):
    if field == 6:
        sys.stdout.buffer.write(value + b'\n')"
}

for program in "$odd" "$odd-bare"; do
    HALLOC_CONF=sample:1K begin env LD_PRELOAD="$library" "./$program" "$odd" stay
    "$halloc" ps >ps 2>&1
    grep -w "$pid" ps >row || fail "ps does not list it: $(cat ps)"
    "$halloc" top --times 1 >top 2>&1
    "$halloc" why "$pid" >why 2>&1
    "$halloc" why --json "$pid" >why.json 2>&1
    "$halloc" profile "$pid" >profile 2>&1
    "$halloc" leaks "$pid" >leaks 2>&1
    "$halloc" metrics "$pid" >metrics 2>&1
    "$halloc" snapshot -o s.snap "$pid" >snapshot 2>&1
    "$halloc" why s.snap >why.snap 2>&1
    "$halloc" map -o s.html s.snap >map 2>&1
    for format in flame speedscope dhat folded pprof; do
        rm -f "p.$format"
        "$halloc" profile --to=$format -o "p.$format" "$pid" 2>err || fail "$format: $(cat err)"
    done
    sound "a process" row top why why.json profile leaks metrics s.snap why.snap s.html p.flame p.speedscope p.dhat p.folded
    line_in row '[0-9]  o\?\[31m\?\?\?é +[0-9]'
    line_in profile '^o\?\[31m\?\?\?é \([0-9]+\): '
    for file in why.json p.speedscope p.dhat; do
        python3 -c 'import json, sys; json.load(open(sys.argv[1]))' $file || fail "$file is no JSON"
    done
    pprof_strings <p.pprof >p.strings || fail "pprof can't be read"
    sound "a process's pprof" p.strings
    line_in p.strings '^o\?\[31m\?\?\?é'
    "$halloc" profile --diff p.pprof p.pprof >diff 2>&1 || fail "diff: $(cat diff)"
    line_in diff '^0 B more at 0 call sites, 0 B less at 0 call sites$'
    end
done
line_in profile 'o\?\[31m\?\?\?é-bare\+0x'

begin env LD_PRELOAD="$library" "./$odd" $'two\nlines' stay
"$halloc" ps >ps
line_in ps "^ *$pid  two\?lines  +[0-9]"
end

"$halloc" run -o report -- "./$odd" "$odd" || fail "run: $(cat report)"
"$halloc" run --json -o report.json -- "./$odd" "$odd" || fail "run --json"
"$halloc" trace -q --stacks=3 -o t.htrace -- "./$odd" "$odd" || fail "trace"
"$halloc" stat t.htrace >stat 2>&1
"$halloc" stat --json t.htrace >stat.json 2>&1
"$halloc" explain t.htrace --at peak >explain 2>&1
"$halloc" explain --json t.htrace --at peak >explain.json 2>&1
"$halloc" replay --repeat=0 --with first t.htrace >replay 2>&1
"$halloc" map --with first -o t.html t.htrace >map 2>&1
for format in flame speedscope dhat folded; do
    "$halloc" export --to=$format -o "t.$format" t.htrace 2>err || fail "export $format: $(cat err)"
done
sound "a trace" report report.json stat stat.json explain explain.json replay t.html t.flame t.speedscope t.dhat t.folded
line_in stat 'keep \(o\?\[31m\?\?\?é\.c:7\)'
for file in report.json stat.json explain.json t.speedscope t.dhat; do
    python3 -c 'import json, sys; json.load(open(sys.argv[1]))' $file || fail "$file is no JSON"
done
finish "names of any bytes"
