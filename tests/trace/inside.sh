#!/bin/bash
# The first malloc comes from within libc, or while libc holds a lock: nothing that the recorder does under malloc
# may wait for that. And frames are found without asking libc where the stack is.
. "$(dirname "$0")/lib.sh"

program inside -fno-omit-frame-pointer
cat >waits.cpp <<'END'
#include <pthread.h>
static void *make(void *) { delete[] new int[10]; delete new int; return nullptr; }
struct waits {
    waits() { pthread_t t; pthread_create(&t, nullptr, make, nullptr); pthread_join(t, nullptr); }
} here;
END
g++ -O0 -shared -fPIC -o waits.so waits.cpp -pthread || die "waits.cpp does not compile"
# Linked to libstdc++ itself, so that new is there from the start.
compile loads -Wl,--no-as-needed -lstdc++ <"$test_dir/inside.c"

for below in "" --below=halloc; do
    for options in "" --stacks "--stacks=64 --times --addresses"; do
        for word in attributes registry; do
            # shellcheck disable=SC2086
            status_of 0 timeout 300 "$halloc" trace -q $below $options -o inside.htrace -- ./inside $word
            sound inside.htrace
        done
        # shellcheck disable=SC2086
        status_of 0 timeout 300 "$halloc" trace -q $below $options -o inside.htrace -- ./loads loader ./waits.so
        sound inside.htrace
    done
done

# Both threads have inner's caller, and its caller, above the call.
"$halloc" trace -q --stacks=8 -o inside.htrace -- ./inside attributes
"$halloc" stat --json inside.htrace | grep '"bytes": 54321,' >sites
if ldd "$halloc" | grep -q libdw; then
    line_in sites '"frames": \["inner \(inside.c:[0-9]+\)", "outer \(inside.c:[0-9]+\)", "main \(inside.c:[0-9]+\)"'
    line_in sites '"frames": \["inner \(inside.c:[0-9]+\)", "outer \(inside.c:[0-9]+\)", "run \(inside.c:[0-9]+\)"'
fi
equal "call sites of inner" 2 "$(wc -l <sites)"
finish "first calls from within libc"
