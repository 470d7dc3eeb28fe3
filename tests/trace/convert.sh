#!/bin/bash
# .rep and back, both headers; valgrind's output; what is wrong in a file is named with its line and offset,
# and what precedes is kept.
. "$(dirname "$0")/lib.sh"

cat >old.rep <<'END'
20000000
3
9
1
a 0 512
a 1 0
r 0 640
f 1
f -1
a 1 77
a 2 4294967296
f 0
f 1
END
sed -e '1s/.*/1/' -e '4s/.*/4294968013/' old.rep >new.rep
for header in old new; do
    status_of 0 "$halloc" import $header.rep
    equal "$header: operations" 9 "$(number $header.htrace operations)"
    equal "$header: objects" 5 "$(number $header.htrace objects)"
    equal "$header: peak" $((640 + 77 + 4294967296)) "$(number $header.htrace peak_bytes)"
    equal "$header: never freed" 4294967296 "$(number $header.htrace never_freed_bytes)"
    # Ids are not used again in what is exported; else it is the same.
    sed -e '2s/3/4/' -e 's/^a 2/a 3/' -e 's/^\([af]\) 1\( 77\)\?$/\1 2\2/' -e '8s/f 2/f 1/' $header.rep >wanted
    "$halloc" export --header=$header -o back.rep $header.htrace || fail "export --header=$header"
    diff wanted back.rep || fail "$header: what is exported is not what was imported"
done
# From there on, import and export are each other's inverse.
"$halloc" import -o again.htrace back.rep 2>/dev/null
"$halloc" export --header=new again.htrace | diff back.rep - || fail "a second round trip differs"
printf '\n20000000 \r\n 1\n2\n1\n\na 0 5\r\nf 0' | "$halloc" import -o stdin.htrace - 2>/dev/null ||
    fail "blank lines, other line ends, no newline at the end, standard input"
equal "from standard input" 2 "$(number stdin.htrace operations)"

wrong() { # LINES MESSAGE OPERATIONS
    rm -f wrong.htrace
    printf "$1" >wrong.rep
    status_of 1 "$halloc" import -o wrong.htrace wrong.rep
    line_in err "$2"
    if [ "$3" = 0 ]; then
        [ ! -e wrong.htrace ] || fail "$2: a file with nothing in it was left"
    else
        equal "$2: operations before" "$3" "$(number wrong.htrace operations)"
    fi
}
wrong '1\n2\n2\n1\na 0 5\na 0 6\n' 'wrong.rep: at byte 14: line 6: id 0 is allocated, and still in use' 1
wrong '1\n2\n2\n1\na 0 5\nf 1\n' 'at byte 14: line 6: id 1 is freed, and not in use' 1
wrong '1\n2\n2\n1\na 0 5\nf 0\nf 0\n' 'at byte 18: line 7: id 0 is freed, and not in use' 2
wrong '1\n2\n2\n1\na 0 5\nz 0\n' "line 6: neither 'a ID SIZE'" 1
wrong '1\n2\n2\n1\na 0 -5\n' "line 5: neither 'a ID SIZE'" 0
wrong '1\n2\n2\n1\na 0\n' "line 5: neither 'a ID SIZE'" 0
wrong '1\n2\n2\n1\na 99999999999 1\n' 'line 5: an id of 99999999999 is too large' 0
wrong '1\n2\n3\n1\na 0 5\nf 0\n' 'the header promises 3 operations, here are 2' 2
wrong '1\n2\n' 'ends in the header' 0
wrong '' 'the file is empty' 0
wrong '<!DOCTYPE html>\n<p>\n' 'wrong.rep: of no format that this command knows: rep, script, valgrind, heaptrack$' 0
wrong '\x89htrace\nand more\n' 'wrong.rep: it is a .htrace already, which every command reads$' 0
wrong '==12== Memcheck\n' 'no call of malloc among its lines' 0
status_of 1 "$halloc" import not-there
status_of 2 "$halloc" import
status_of 2 "$halloc" import --from=nobody old.rep
status_of 2 "$halloc" import --from nobody old.rep
line_in err 'none called nobody'
status_of 2 "$halloc" export --header=none old.htrace
status_of 2 "$halloc" export --header none old.htrace
line_in err 'none called none'
status_of 1 "$halloc" export old.rep
line_in err 'old.rep: at byte 0: not a .htrace file'

cat >valgrind.log <<'END'
==12== Memcheck, a memory error detector
--12-- malloc(72) = 0x4A7B040
other output
--12-- calloc(3, 16) = 0x4A7B100
--12-- memalign(al 64, size 100) = 0x4A7B200
--12-- realloc(0x0,1600)malloc(1600) = 0x4A7B300
--12-- realloc(0x4A7B040,100) = 0x4A7B400
--12-- _Znwm(8) = 0x4A7B500
--12-- _ZdlPv(0x4A7B500)
--13-- malloc(5) = 0x4A7B040
--12-- free(0x0)
--12-- free(0xDEAD)
--12-- malloc(1152921504606846976) = 0x0
--12-- free(0x4A7B400)
END
status_of 0 "$halloc" import valgrind.log
line_in <("$halloc" stat --json valgrind.htrace) '"malloc": 3, "calloc": 1, "aligned": 1, "realloc": 1, "free": 2, "sized free": 0, "free\(NULL\)": 1, "unknown free": 1, "failure": 1,'
equal "valgrind: never freed" $((48 + 100 + 1600)) "$(number valgrind.htrace never_freed_bytes)"
# Numbers that are too large are no addresses: nothing is found there, and nothing lies there.
large=0xFFFFFFFFFFFFFFFFF
printf -- '--12-- malloc(72) = 0x10\n--12-- free(%s)\n--12-- realloc(%s,5) = 0x20\n' $large $large >large.log
status_of 0 "$halloc" import large.log
line_in <("$halloc" stat --json large.htrace) '"unknown free": 1,'
equal "objects at addresses that are too large" 77 "$(number large.htrace never_freed_bytes)"
wrong "==12== Memcheck\n--12-- malloc(72) = 0x10\n--12-- malloc(5) = $large\n" 'line 3: no object lies at 0xffffffffffffffff' 1
# Its command line stands in it as a shell would read it again.
cp old.rep "an old one's.rep"
status_of 0 "$halloc" import "an old one's.rep" -o quoted.htrace
line_in <("$halloc" stat quoted.htrace) "halloc import 'an old one'\\\\''s\.rep'$"

if command -v valgrind >/dev/null; then # what it prints today, of a program whose calls are known
    program calls
    valgrind --trace-malloc=yes --log-file=calls.log ./calls >/dev/null
    status_of 0 "$halloc" import calls.log
    equal "valgrind's: never freed" 4321 "$(number calls.htrace never_freed_bytes)"
    equal "valgrind's: peak" 4321 "$(number calls.htrace peak_bytes)"
    line_in <("$halloc" stat --json calls.htrace) '"calloc": 1, "aligned": 3, "realloc": 2, "free": 20005'
fi
finish "both headers, wrong lines, valgrind"
