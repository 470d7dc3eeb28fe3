#!/bin/bash
# Sentences of the board are true of the board that they stand under: where nothing is ever live, and with threads.
. "$(dirname "$0")/lib.sh"
printf 'a 0 0\na 1 0\nf 0\nf 1\n' >nothing.script
"$halloc" import nothing.script 2>err || die "import: $(cat err)"
status_of 0 "$halloc" replay --repeat=0 --with first,process nothing.htrace
line_in out '^ . +first +- +- '
line_in out '^ . +process +- +- '
line_in out '^ +No byte is ever live: there is no heap / live\.$'
status_of 0 "$halloc" replay --repeat=0 --json --with first,process nothing.htrace
equal "heap / live of nothing" "[0.0, 0.0]" "$(json '[one["peak_overhead"] for one in it["policies"]]')"
status_of 0 "$halloc" diff --with first,best nothing.htrace
line_in out '^ +first +[0-9,]+ +- +- '

cat >both.c <<'END'
#include <pthread.h>
#include <stdlib.h>
static void *work(void *unused) {
    for (int turn = 0; turn < 1000; turn++)
        free(malloc(100 + turn % 50));
    return unused;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    work(NULL);
    return pthread_join(thread, NULL);
}
END
gcc -O0 -o both both.c -pthread || die "both.c does not compile"
"$halloc" trace -q -o both.htrace -- ./both || die "trace"
status_of 0 "$halloc" replay --repeat=0 --with first,glibc both.htrace
line_in out 'replayed in one order$'
line_in out '^    One thread made all calls for that count\. With several'
line_in out 'Of process, --threads keeps them apart'
status_of 0 "$halloc" replay --repeat=0 --threads --with process,glibc both.htrace
line_in out 'replayed in one order, the threads kept apart$'
line_in out '^    The peak of process (is that of the run that was recorded|can.t be predicted)'
grep -q 'Of process, --threads' out && fail "it advises what was done: $(cat out)"
status_of 0 "$halloc" replay --repeat=1 --threads --with process,glibc both.htrace
line_in out 'replayed by as many threads$'
line_in out "^    Times are of all threads, but one thread made all calls for that count of the kernel's\."
finish "words of the board"
