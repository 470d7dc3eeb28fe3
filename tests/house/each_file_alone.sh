#!/bin/bash
# Each file of src/ compiles by itself, without a warning, and links with the others: it includes what
# it uses, and what it shares is declared in a header. So does each header.
. "$(dirname "$0")/lib.sh"

cp -r halloc.c halloc.h src "$work"
cd "$work"
flags=(-std=gnu17 -O1 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -fexceptions -DHALLOC_LIBRARY)
objects=()
for file in $(find src -name '*.c' | sort); do
    object=${file//\//_}.o
    gcc "${flags[@]}" -c "$file" -o "$object" || fail "$file: does not compile by itself"
    objects+=("$object")
done
if ! ((failures)); then
    gcc -shared -Wl,-z,defs "${objects[@]}" -o all.so -pthread || fail "the files do not link"
fi
for file in halloc.h $(find src -name '*.h' | sort); do
    gcc "${flags[@]}" -fsyntax-only -include "$file" -x c /dev/null || fail "$file: does not stand alone"
done
g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -include halloc.h -x c++ /dev/null ||
    fail "halloc.h: not for C++"
gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -include halloc.h -x c /dev/null ||
    fail "halloc.h: not for C99"
finish "${#objects[@]} files and the headers, each alone"
