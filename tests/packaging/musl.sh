#!/bin/bash
# Under musl: halloc.o, libhalloc.a and halloc.c in static programs, libhalloc.so linked and preloaded; malloc is
# halloc's in each. A program with threads that allocate much computes the same as on glibc.
. "$(dirname "$0")/lib.sh"
command -v musl-gcc >/dev/null || skip "no musl-gcc (Debian: musl-tools)"

cmake -S "$source_dir" -B musl -D CMAKE_C_COMPILER=musl-gcc -D CMAKE_BUILD_TYPE=Release -D HALLOC_TESTS=OFF >log 2>&1 &&
    cmake --build musl --target halloc_o halloc_static halloc_shared >>log 2>&1 || die "$(tail -20 log)"
is_static() {
    ! readelf -l "$1" | grep -q INTERP || fail "$1 is not static"
}

for form in "musl/halloc.o" "musl/libhalloc.a" "musl/halloc.o -static-pie -fPIE" "$source_dir/halloc.c -lrt"; do
    musl-gcc "${strict[@]}" -static -I"$source_dir" "$app" $form -o app
    is_static app
    says_version ./app
done
musl-gcc "${strict[@]}" -I"$source_dir" "$app" -Lmusl -lhalloc -o app
needs_library app
says_version env LD_LIBRARY_PATH=musl ./app

# What bench/musl races: threads that free what other threads took, and threads that come and go.
for workload in sessions server; do
    source=$source_dir/bench/workloads/$workload.c
    musl-gcc -O2 -static "$source" musl/halloc.o -o $workload
    musl-gcc -O2 "$source" -o dynamic
    gcc -O2 -static "$source" "$build_dir/halloc.o" -o on_glibc 2>/dev/null
    is_static $workload
    ./on_glibc 0.05 8 | grep -v resident >wanted
    ./$workload 0.05 8 | grep -v resident >got
    cmp wanted got || fail "$workload on musl: $(cat got)"
    LD_PRELOAD=$work/musl/libhalloc.so HALLOC_CONF=stats_print:on ./dynamic 0.05 8 >got 2>err
    grep -v resident got | cmp wanted - || fail "$workload, preloaded: $(cat got)"
    line_in err '^halloc: heap process'
done
finish "programs on musl"
