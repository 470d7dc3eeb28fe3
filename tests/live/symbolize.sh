#!/bin/bash
# `halloc symbolize` turns the stacks of a guard's report into functions and lines, of programs that are loaded anywhere
# and of those that are not, with inlined functions; and leaves every other byte as it is.
. "$(dirname "$0")/lib.sh"

cat >guarded.c <<'E2'
#include <stdio.h>
#include <stdlib.h>
static char *volatile kept;
__attribute__((always_inline)) static inline void take_it(void) {
    kept = malloc(64); // line 5
}
__attribute__((noinline)) static void take(void) {
    take_it(); // line 8
    __asm__ volatile("");
}
__attribute__((noinline)) static void drop(void) {
    free(kept); // line 12
    __asm__ volatile("");
}
int main(void) {
    take(); // line 16
    drop(); // line 17
    puts("before");
    fflush(stdout);
    return kept[3];
}
E2

for way in -pie -no-pie; do
    what="a program with $way"
    ${CC:-gcc} -O1 -g -fPIE $way -o "./a guarded+0x1 $way" guarded.c 2>err || die "guarded.c: $(cat err)"
    HALLOC_CONF=guard:1 LD_PRELOAD=$library "./a guarded+0x1 $way" >log 2>&1
    [ $? = 139 ] || fail "$what: no fault: $(cat log)"
    "$halloc" symbolize log >named 2>err || fail "$what: $(cat err)"
    sed -nE 's/^halloc:     (allocated|freed) at (.*)/\1 \2/p' named >stacks
    for line in 'allocated take_it (guarded.c:5)' 'allocated take (guarded.c:8)' 'allocated main (guarded.c:16)' \
        'freed drop (guarded.c:12)' 'freed main (guarded.c:17)'; do
        grep -qxF "$line" stacks || fail "$what: no '$line': $(cat named)"
    done
    for call in allocated freed; do # the library's own functions are left out
        first=$([ $call = freed ] && echo drop || echo take_it)
        [[ $(grep -m 1 "^$call" stacks) = "$call $first ("* ]] || fail "$what: the first line $call: $(cat named)"
    done
    grep -v ' at ' log >wanted
    grep -v ' at ' named | cmp -s - wanted || fail "$what: other lines have changed: $(cat named)"
    sed 's/^/Nov 29 12:00:01 host app[17]: /' log | "$halloc" symbolize >prefixed 2>err
    sed 's/^/Nov 29 12:00:01 host app[17]: /' named | cmp -s - prefixed || fail "$what: by a journal: $(cat prefixed)"
done

what="other bytes"
printf 'x at /bin/sh+0x10\nhalloc:     freed at /bin/none+0x12\nhalloc:     freed at /bin/none+0x13\n' >plain
printf 'halloc:  at \nhalloc: at +0x\nhalloc: x at +0x12\nhalloc: x at /bin/sh+0x\nhalloc: x at /bin/sh+0x1g\n' >>plain
printf 'halloc: x at /bin/sh+0xffffffffffffffffffff\n\0 halloc: x at /bin/sh+0x1\n\377\nno end at /bin/sh+0x1' >>plain
"$halloc" symbolize <plain >out 2>err || fail "$what: $(cat err)"
cmp -s plain out || fail "$what have changed: $(diff -a plain out)"
equal "$what: files that are not there" "halloc symbolize: /bin/none: No such file or directory" "$(cat err)"
mkfifo pipe
printf 'halloc: x at %s/pipe+0x12\r\n' "$PWD" >plain
timeout 300 "$halloc" symbolize plain >out 2>err || fail "a pipe is named: $(cat err)"
cmp -s plain out || fail "a pipe is named, at a line that ends in CRLF: $(cat out)"
line_in err 'pipe: is no file$'
status_of 1 "$halloc" symbolize nothing
line_in err '^halloc symbolize: nothing: No such file'
status_of 2 "$halloc" symbolize a b
status_of 2 "$halloc" symbolize --nonsense
finish "reports with functions and lines"
