#!/bin/bash
# docs/using.md: its commands do what it says, with an installation of our own in the place of /usr/local.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip "no python3"

prefix=$work/usr/local
install_to "$prefix"
sed "s,/usr/local/,$prefix/,g; s,/path/to/the/clone,$source_dir,g" "$source_dir/docs/using.md" >using.md
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib GOFLAGS=-mod=mod GOPROXY=off
said=$(HALLOC_BUILD=$build_dir python3 "$source_dir/tests/docs/check" --commands using.md) || die "$said"

# java is large: `make test-world` installs it, and runs this test. Else nothing is left out where nothing may be.
missing=$(sed -n 's/.*, without //p' <<<"$said")
[ -z "${HALLOC_CI:-}" ] || [ -z "${missing/java/}" ] || fail "not tried: $missing"

# What the Dockerfile copies is there, and depends on libc alone.
copied=$(sed -n 's,^COPY --from=halloc /halloc/build/\([^ ]*\) /usr/local/lib/libhalloc.so$,\1,p' "$source_dir/docs/using.md")
[ -f "$build_dir/${copied:-none}" ] || fail "the Dockerfile copies '$copied', which no build makes"
mkdir alone
cp "$build_dir/$copied" alone/libhalloc.so
LD_PRELOAD=$work/alone/libhalloc.so HALLOC_CONF=stats_print:on perl -e 1 2>out
line_in out '^halloc: heap process'
equal "what it needs" "libc.so.6" "$(readelf -d "alone/libhalloc.so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | xargs)"
finish "${said#true: }"
