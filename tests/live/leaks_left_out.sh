#!/bin/bash
# `halloc leaks` leaves out what libc, the loader, libstdc++ and Python keep for ever, and what a file of the user's
# names, and says the sums. What a plugin allocates as it is loaded stays in, and so does all else.
. "$(dirname "$0")/lib.sh"

leaks() { # OPTION...: of $pid, to ./table
    "$halloc" leaks --top=1000 "$@" "$pid" >table 2>err || fail "$what: $(cat err)"
}
only_in() { # PATTERN: some stack has it with all shown, and none as it is
    leaks --no-default-suppressions --to=folded
    line_in table "$1"
    grep -q '^left out' err && fail "$what: left out all the same: $(cat err)"
    leaks --to=folded
    grep -E -- "$1" table && fail "$what: not left out: $1"
    leaks
}

what="python3"
HALLOC_CONF=sample:1 begin env LD_PRELOAD="$library" PYTHONMALLOC=malloc python3 -c '
import time
print("ready", flush=True)
time.sleep(10000)'
only_in ';pyinit_core;'
line_in table '^ +[0-9.]+ [KM]iB +[0-9]+ call sites +Python'\''s own objects, made at its start$'
sed '/^left out/,$d' table >shown
line_in shown '_PyObject_GC'
end

what="C and C++"
compile_library plugin <<'E2'
#include <stdlib.h>
void *plugin_keeps;
__attribute__((constructor)) static void plugin_begins(void) { plugin_keeps = malloc(5000); }
E2
cat >pools.cc <<'E2'
#include <clocale>
#include <cstdio>
#include <dlfcn.h>
#include <string>
#include <unistd.h>
static std::string *kept;
__attribute__((noinline)) static void keep(std::size_t bytes) { kept = new std::string(bytes, 'x'); }
int main() {
    setlocale(LC_ALL, "C.UTF-8");
    if (!dlopen("./plugin.so", RTLD_NOW)) return 1;
    keep(3000);
    puts("ready");
    fflush(stdout);
    for (;;) sleep(1000);
}
E2
g++ -O1 -g -fno-builtin -o pools pools.cc -ldl 2>err || die "pools.cc: $(cat err)"
HALLOC_CONF=sample:1 begin env LD_PRELOAD="$library" ./pools
only_in ';_IO_file_doallocate'
only_in ';setlocale'
only_in ';_dl_new_object'
only_in 'call_init;libstdc\+\+\.so'
line_in table '^ +8[0-9]\.[0-9] KiB +1 call site +libstdc\+\+'\''s emergency pool$'
sed '/^left out/,$d' table >shown
line_in shown ' plugin_begins '
line_in shown ' keep\b'
echo 'leak:keep' >mine
leaks --suppressions=mine --to=folded
grep -q ';keep' table && fail "$what: not left out: $(cat table)"
grep -q 'plugin_begins' table || fail "$what: left out with others: $(cat table)"
line_in err '^ +[23]\.[0-9] KiB +[12] call sites? +leak:keep$'
printf '# none of these\n\n  leak:^eep\r\nleak:kee$\nleak:k*q*p\nleak:^plugin_begin$\nleak:q' >mine
leaks --suppressions mine --no-default-suppressions
grep -q '^left out' table && fail "$what: left out: $(cat table)"
for pattern in '^keep$' 'ke*p' '^k*e*p' 'p*ls.cc' '^pools'; do
    echo "leak:$pattern" >mine
    leaks --suppressions mine
    grep -qF " leak:$pattern" table || fail "$what: nothing was left out by $pattern: $(cat table)"
done
end

printf 'leak:fine\nrace:other\n' >wrong
status_of 2 "$halloc" leaks --suppressions=wrong 1
line_in err 'wrong:2: "race:other" is no line like leak:PATTERN'
status_of 2 "$halloc" leaks --suppressions=absent 1
line_in err 'absent: No such file'
status_of 2 "$halloc" profile --suppressions=wrong 1
line_in err 'is not an option'
finish "what leaks leaves out"
