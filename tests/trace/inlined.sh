#!/bin/bash
# Functions that the compiler inlined stand in stacks, with the lines where they are called: in C++, in C, and in Rust
# with names of both ways; in profile, leaks, stat, explain, the map, and pprof. Library functions that were inlined
# are left out where only few frames are shown.
. "$(dirname "$0")/lib.sh"
nm --defined-only "$halloc" | grep -q cplus_demangle || skip "built without libiberty (Debian: libiberty-dev)"
ldd "$halloc" | grep -q libdw || skip "built without libdw (Debian: libdw-dev)"

cat >inlined.cc <<'E2'
#include <cstdio>
#include <cstdlib>
#include <unistd.h>
#include <vector>
namespace store {
template <typename T> struct Map {
    T *items;
    __attribute__((always_inline)) inline void grow(std::size_t count) {
        items = static_cast<T *>(malloc(count * sizeof(T))); // line 9
    }
    __attribute__((always_inline)) inline void insert(std::size_t count) {
        grow(count); // line 12
    }
};
} // namespace store
static store::Map<int> *volatile maps[100];
static std::vector<long> *volatile vectors[100];
__attribute__((noinline)) void fill() {
    for (int turn = 0; turn < 100; turn++) {
        maps[turn] = new store::Map<int>;
        maps[turn]->insert(50000); // line 21
    }
}
__attribute__((noinline)) void number() {
    for (int turn = 0; turn < 100; turn++) {
        vectors[turn] = new std::vector<long>;
        vectors[turn]->resize(10000); // line 27
    }
}
int main(int argc, char **argv) {
    fill();
    number();
    if (argc > 1) {
        puts("ready");
        fflush(stdout);
        sleep(1000);
    }
}
E2
g++ -O2 -g -fno-omit-frame-pointer -o inlined inlined.cc 2>err || die "inlined.cc: $(cat err)"
grow='store::Map<int>::grow (inlined.cc:9)' insert='store::Map<int>::insert (inlined.cc:12)' fill='fill (inlined.cc:21)'
plumbing='std::vector<long, std::allocator<long> >::_M_default_append' # of libstdc++'s headers; others are inlined

what="a trace"
"$halloc" trace -o t.htrace --stacks=3 -- ./inlined >out 2>err || die "$what: $(cat err)"
"$halloc" stat t.htrace >stat 2>err || fail "$what: $(cat err)"
grep -A2 -F -- "  $grow" stat >lines
equal "$what: stat" "$insert|$fill" "$(sed -nE 's/^ +from //p' lines | paste -sd'|')"
"$halloc" stat --json t.htrace >json 2>err
grep -qF "\"$grow\", \"$insert\", \"$fill\"" json || fail "$what: stat --json: $(grep grow json)"
grep -q '"std::' json || fail "$what: the library's inlined functions are lost"
"$halloc" explain --at end t.htrace >explain 2>err || fail "$what: explain: $(cat err)"
grep -qF "$grow < $insert" explain || fail "$what: explain: $(cat explain)"
"$halloc" map t.htrace -o map.html >out 2>err || fail "$what: map: $(cat err)"
"$halloc" export --to=folded t.htrace >folded 2>err || fail "$what: $(cat err)"
line_in folded '(^|;)main;fill;store::Map<int>::insert;store::Map<int>::grow 20000000$'
"$halloc" export --to=pprof -o t.pb t.htrace 2>err || fail "$what: $(cat err)"
if command -v go >/dev/null; then
    go tool pprof -sample_index=inuse_space -lines -top t.pb >top 2>err || fail "$what: pprof: $(cat err)"
    line_in top ' store::Map(<int>)?::grow .*inlined\.cc:9$'
fi

what="a process"
"$halloc" profile --every=4K -- ./inlined >table 2>err || fail "$what: $(cat err)"
grep -qF " $grow < store::Map<int>::insert < fill < main" table || fail "$what: profile: $(cat table)"
grep 'inlined\.cc:27' table | grep -F 'std::vector' | grep -qvF "$plumbing" && fail "$what: plumbing: $(cat table)"

what="Rust"
if command -v rustc >/dev/null; then
    cat >rust.rs <<'E2'
mod shelf {
    pub struct Shelf<T> { pub kept: Vec<Box<T>> }
    impl<T: Copy> Shelf<T> {
        #[inline(always)]
        pub fn put(&mut self, item: T) {
            self.kept.push(Box::new(item)); // line 6
        }
        #[inline(never)]
        pub fn fill(&mut self, item: T) {
            for _ in 0..1000 { self.put(item); } // line 10
        }
    }
}
fn main() {
    let mut shelf = shelf::Shelf { kept: Vec::with_capacity(1000) };
    shelf.fill([1u64; 500]);
    std::process::exit((shelf.kept.len() == 1) as i32);
}
E2
    for way in legacy v0; do
        rustc -O -g -C symbol-mangling-version=$way rust.rs -o rust-$way 2>err ||
            rustc -O -g -Z unstable-options -C symbol-mangling-version=$way rust.rs -o rust-$way 2>err || continue
        "$halloc" profile --every=4K -- ./rust-$way >table 2>err || fail "$what $way: $(cat err)"
        line_in table ' <?rust::shelf::Shelf<.*>::put \(rust\.rs:6\) < .*rust::shelf::Shelf<.*>::fill < rust::main'
        grep -E '_ZN|_R[NI]' table && fail "$what $way: names that nobody wrote"
    done
fi
finish "inlined functions"
