#!/bin/bash
# A C++ program, in each form: new, delete and bad_alloc are served by the library, which is C.
. "$(dirname "$0")/lib.sh"

for standard in c++17 c++20; do
    flags=(-std=$standard "${strict[@]}" -I"$HALLOC_SOURCE" "$app_cpp" -o app)
    g++ "${flags[@]}" "$HALLOC_BUILD/libhalloc.a"
    needs_no_library app
    says_version ./app
    g++ "${flags[@]}" "$HALLOC_BUILD/halloc.o"
    says_version ./app
    g++ "${flags[@]}" -L"$HALLOC_BUILD" -lhalloc
    needs_library app
    says_version env LD_LIBRARY_PATH="$HALLOC_BUILD" ./app
done
# The single file, by the C compiler, even without -fexceptions on its command line.
gcc -c "$HALLOC_SOURCE/halloc.c" -o single.o
g++ -I"$HALLOC_SOURCE" "$app_cpp" single.o -lrt -o app
says_version ./app
if command -v clang++ >/dev/null; then
    clang++ -std=c++20 -I"$HALLOC_SOURCE" "$app_cpp" "$HALLOC_BUILD/libhalloc.a" -o app
    says_version ./app
fi
