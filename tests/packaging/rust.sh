#!/bin/bash
# The Rust crate: what `cargo package` packs is complete, and its tests pass, beside a preloaded library too. With
# the feature `override` C's malloc is halloc's. Nothing comes from a network, nothing is written into the tree.
. "$(dirname "$0")/lib.sh"
for program in cargo rustc; do
    command -v $program >/dev/null || skip "no $program (Debian: cargo, rustc)"
done
export CARGO_HOME=$work/home CARGO_TARGET_DIR=$work/target CARGO_NET_OFFLINE=true CARGO_TERM_COLOR=never
unset CC AR HALLOC_TEST_CHILD
export CFLAGS=-g0 # compiles faster

# A copy of what the crate's links lead to, as they lie in the tree.
mkdir tree
cp -r "$source_dir"/{bindings,halloc.c,halloc.h,src,LICENSE} tree
(cd tree/bindings/rust/halloc && cargo package --offline --no-verify) >package.log 2>&1 || die "$(cat package.log)"
crate=target/package/halloc-$version.crate
[ -e "$crate" ] || die "no $crate: the crate's version is not halloc.h's"
tar -xzf "$crate" # links have become files
[ -z "$(find "halloc-$version" -type l)" ] || fail "the package has links: $(find "halloc-$version" -type l)"
cd "halloc-$version"
rm -r ../tree

cargo test --offline >../test.log 2>&1 || die "cargo test: $(cat ../test.log)"
results=$(grep -cE '^test result: ok\. [1-9]' ../test.log) || true
[ "$results" = 5 ] || fail "$results kinds of tests passed, not 5: $(cat ../test.log)" # four files, and examples of docs
for name in children override program; do
    binary=$(find "$CARGO_TARGET_DIR/debug/deps" -name "$name-*" -executable -type f)
    LD_PRELOAD=$library "$binary" >../preloaded.log 2>&1 || fail "preloaded, $name: $(cat ../preloaded.log)"
done
CFLAGS='-O1 -g0' cargo test --offline --features override --test override >../override.log 2>&1 || fail "override: $(cat ../override.log)"

# What it can't do it says in a line.
CARGO_TARGET_DIR=$work/no_cc CC=$work/no-such-compiler cargo build --offline >../no_cc.log 2>&1 && fail "built without cc"
line_in ../no_cc.log 'halloc: .*no-such-compiler.*a C compiler and ar are needed'
finish "the crate halloc $version"
