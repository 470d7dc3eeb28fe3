#!/bin/bash
# A C++ program, in each form: new, delete and bad_alloc are served by the library, which is C.
. "$(dirname "$0")/lib.sh"

for standard in c++17 c++20; do
    flags=("-std=$standard" "${strict[@]}" -I"$source_dir" "$app_cpp" -o app)
    g++ "${flags[@]}" "$build_dir/libhalloc.a"
    needs_no_library app
    says_version ./app
    g++ "${flags[@]}" "$build_dir/halloc.o"
    says_version ./app
    g++ "${flags[@]}" -L"$build_dir" -lhalloc
    needs_library app
    says_version env LD_LIBRARY_PATH="$build_dir" ./app
done
# The single file, by the C compiler, even without -fexceptions on its command line.
gcc -c "$source_dir/halloc.c" -o single.o
g++ -I"$source_dir" "$app_cpp" single.o -lrt -o app
says_version ./app
if command -v clang++ >/dev/null; then
    clang++ -std=c++20 -I"$source_dir" "$app_cpp" "$build_dir/libhalloc.a" -o app
    says_version ./app
fi
