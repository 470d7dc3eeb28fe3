#!/bin/bash
# Names of C++ and Rust are shown as they were written, wherever a call site is: stat, explain, the map, and their JSON.
. "$(dirname "$0")/../map/lib.sh"
nm --defined-only "$halloc" | grep -q cplus_demangle || skip "built without libiberty (Debian: libiberty-dev)"
ldd "$halloc" | grep -q libdw || skip "built without libdw (Debian: libdw-dev)"
program names -fno-omit-frame-pointer
"$halloc" trace -o names.htrace --stacks=2 -- ./names >out 2>err || fail "trace: $(cat err)"
"$halloc" stat names.htrace >stat 2>err || fail "stat: $(cat err)"
"$halloc" stat --json names.htrace >json 2>err || fail "stat --json: $(cat err)"
"$halloc" explain --at end names.htrace >explain 2>err || fail "explain: $(cat err)"
"$halloc" explain --at end --json names.htrace >explain.json 2>err || fail "explain --json: $(cat err)"
"$halloc" map names.htrace -o map.html >out 2>err || fail "map: $(cat err)"
for name in 'store::Map<std::string, int>::insert' 'alloc::raw_vec::RawVec<T,A>::allocate' 'store::table::grow' \
    'store::clear' 'plain_name'; do
    for file in stat json explain explain.json; do
        [ "$file" != explain ] && [ "$file" != explain.json ] || [[ $name != plain_name && $name != store::clear ]] || continue # the most alone
        grep -qF -- "$name (" $file || { fail "no $name in $file:"; grep -aE 'from|_Z|_R' $file | head -20; }
    done
done
grep -aE '_ZN5store|_ZN5alloc|_RNv|constprop' stat json explain explain.json map.html && fail "names that nobody wrote"
finish "names"
