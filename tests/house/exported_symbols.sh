#!/bin/bash
# What libhalloc exports, exactly: what halloc.h marks HALLOC_API, the names of malloc and its kin, and
# the C++ operators. Nothing else, from the .so nor from the .a; and no symbol has a version, for with
# one the dynamic linker would not let LD_PRELOAD replace malloc.
. "$(dirname "$0")/lib.sh"

api_names >"$work/api"
[[ $(wc -l <"$work/api") -ge 40 ]] || fail "only $(wc -l <"$work/api") names found in halloc.h"

cat >"$work/standard" <<'END'
aligned_alloc
calloc
cfree
free
free_aligned_sized
free_sized
mallinfo
mallinfo2
malloc
malloc_info
malloc_stats
malloc_trim
malloc_usable_size
mallopt
memalign
posix_memalign
pvalloc
realloc
reallocarray
valloc
__libc_calloc
__libc_free
__libc_malloc
__libc_memalign
__libc_pvalloc
__libc_realloc
__libc_valloc
_Znwm
_Znam
_ZnwmSt11align_val_t
_ZnamSt11align_val_t
_ZdlPv
_ZdaPv
_ZdlPvm
_ZdaPvm
_ZdlPvRKSt9nothrow_t
_ZdaPvRKSt9nothrow_t
_ZdlPvSt11align_val_t
_ZdaPvSt11align_val_t
_ZdlPvmSt11align_val_t
_ZdaPvmSt11align_val_t
_ZdlPvSt11align_val_tRKSt9nothrow_t
_ZdaPvSt11align_val_tRKSt9nothrow_t
END
sort -u "$work/api" "$work/standard" >"$work/allowed"

compare() { # artefact, its symbols
    sort -u -o "$2" "$2"
    local leaks lacks
    leaks=$(comm -13 "$work/allowed" "$2" | xargs)
    lacks=$(comm -23 "$work/allowed" "$2" | xargs)
    [[ ! $leaks ]] || fail "$1 leaks: $leaks"
    [[ ! $lacks ]] || fail "$1 lacks: $lacks"
}

# Without the prefix: nothing but the names of libc's and C++'s. A program may have a splitBlock of its own.
while read -r name; do
    fail "halloc.h: $name is exported without the prefix"
done < <(grep -v '^halloc_' "$work/api")

so=$build_dir/libhalloc.so
nm -D --defined-only -P "$so" | cut -d' ' -f1 | grep -vxE 'dlopen|mlockall|pthread_create|(set|p)rlimit(64)?' >"$work/so" # src/interpose.c: in the .so alone
compare libhalloc.so "$work/so"
for archive in libhalloc.a halloc.o; do
    # Hidden names count as well: they would clash with the program's own at the static link.
    # All but two: probes of systemtap's header share a weak symbol in any program, and interpose.c calls one.
    nm -g --defined-only -P "$build_dir/$archive" | awk 'NF > 1 && $1 != "_.stapsdt.base" && $1 != "halloc_before_thread" { print $1 }' >"$work/static"
    compare "$archive" "$work/static"
done

readelf --dyn-syms -W "$so" >"$work/dynamic"
readelf -V -W "$so" >"$work/versions"
! grep -q 'Version definition' "$work/versions" || fail "libhalloc.so: its symbols have versions"
readelf -d -W "$so" >"$work/tags"
grep -q 'SONAME.*\[libhalloc\.so\.1\]' "$work/tags" || fail "libhalloc.so: its SONAME is not libhalloc.so.1"
grep -q 'NODELETE' "$work/tags" || fail "libhalloc.so: not marked nodelete"
! grep -q 'TEXTREL' "$work/tags" || fail "libhalloc.so: has text relocations"
while read -r needed; do
    fail "libhalloc.so: needs $needed, and should need only libc"
done < <(sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p' "$work/tags" | grep -vE '^(libc|ld-linux[a-z0-9-]*)\.so' || true)
if readelf -r -W "$so" | grep -qE 'DTPMOD|TLSDESC'; then
    fail "libhalloc.so: uses TLS by a call; initial-exec is wanted"
fi
if readelf -lW "$so" | grep -q 'GNU_STACK.*RWE'; then
    fail "libhalloc.so: executable stack"
fi
finish "$(wc -l <"$work/so") symbols"
