#!/bin/bash
# Call sites are the program's: not the recorder's own functions, nor a C++ library's; libraries that are loaded
# in turn at one place have each its own; and clang's programs have lines, too.
. "$(dirname "$0")/lib.sh"
ldd "$halloc" | grep -q libdw || skip "no libdw: call sites have no names"

first_frame() { # FILE BYTES: of the site that asked for so many in all
    "$halloc" stat --json "$1" | sed -nE "s/.*\"site\": .* \"bytes\": $2,.*\"frames\": \[\"([^\"]*)\".*/\1/p" | sort -u
}

# --- new, and what calls it -----------------------------------------------------------------------------------
g++ -std=c++17 -O0 -g -fno-omit-frame-pointer -fno-builtin -o news "$test_dir/news.cpp" || die "news.cpp does not compile"
for options in --stacks=1 --stacks=8 "--stacks --below=halloc"; do
    # shellcheck disable=SC2086
    status_of 0 "$halloc" trace -q $options -o news.htrace -- ./news
    while read -r name size; do
        frame=$(first_frame news.htrace "$size")
        equal "with '$options': who asked for $size bytes" "$name" "${frame%% *}"
    done < <(sed -nE 's/^FROM\(([a-z_]+),[^0-9]*([0-9]{4}).*/\1 \2/p' "$test_dir/news.cpp")
    "$halloc" stat --json news.htrace | grep '"frames".*libhalloc-trace' && fail "with '$options': the recorder is a call site"
done

# --- Two libraries at one place -------------------------------------------------------------------------------
# They ask for it, and a program that is at its own place itself (no PIE) has glibc grant that.
for one in a b; do
    printf '#include <stdlib.h>\nvoid *%s_asks(void) { return malloc(%s); }\nvoid *asks(void) { void *it = %s_asks(); return it; }\n' \
        $one "$([ $one = a ] && echo 3000 || echo 5000)" $one |
        compile_library $one -O0 -fno-omit-frame-pointer -Wl,-Ttext-segment=0x3f00000000
done
compile turns -no-pie <<'END'
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    const char *names[] = {"./a.so", "./b.so", "./a.so", "./b.so"};
    uintptr_t place[4];
    for (int turn = 0; turn < 4; turn++) {
        void *library = dlopen(names[turn], RTLD_NOW);
        void *(*asks)(void) = library ? (void *(*)(void))dlsym(library, "asks") : NULL;
        if (!asks) return 2;
        place[turn] = (uintptr_t)asks;
        for (int time = 0; time < 7; time++) free(asks());
        dlclose(library);
    }
    printf("%d\n", place[0] == place[1] && place[1] == place[2]);
    return 0;
}
END
status_of 0 "$halloc" trace -q --stacks -o turns.htrace -- ./turns
if [ "$(cat out)" = 1 ]; then
    # 14 times each, from one site each: which it is does not change when the library comes again.
    equal "who asked 14 times for 3000" "a_asks (a.c:2)" "$(first_frame turns.htrace 42000)"
    equal "who asked 14 times for 5000" "b_asks (b.c:2)" "$(first_frame turns.htrace 70000)"
else
    echo "the libraries are not loaded at one place here"
fi

# --- Lines without .debug_aranges -----------------------------------------------------------------------------
if command -v clang >/dev/null; then
    clang -g -O1 -fno-omit-frame-pointer -fno-builtin -I"$source_dir" -o frames "$test_dir/frames.c" || fail "clang: frames.c does not compile"
    status_of 0 "$halloc" trace -q --stacks=8 -o clang.htrace -- ./frames
    line=$(grep -n '/\* OUTER \*/' "$test_dir/frames.c" | cut -d: -f1)
    line_in <("$halloc" stat --json clang.htrace) "outer \(frames\.c:$line\)"
else
    echo "no clang here"
fi
finish "call sites"
