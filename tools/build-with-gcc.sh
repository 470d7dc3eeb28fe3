#!/bin/sh
# build-with-gcc.sh [FOLDER]: the command and the library with gcc alone, in build/ or FOLDER. No CMake, no root.
#
# For machines whose CMake is too old. It leaves out what needs other libraries: symbols of traced programs (libdw),
# names of C++ and Rust (libiberty), and pages are not squeezed (zlib). The lab needs none of them.
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$source/build}
cc=${CC:-gcc}
command -v "$cc" >/dev/null || { echo "build-with-gcc.sh: there is no $cc. Debian, Ubuntu: apt-get install gcc libc6-dev" >&2; exit 1; }
mkdir -p "$build"
build=$(cd "$build" && pwd)
case $build in *[\ :]*)
    echo "build-with-gcc.sh: there is a space or a colon in $build: halloc run, trace and profile can't work there, for" \
        "LD_PRELOAD can't hold it. The lab works." >&2 ;;
esac
flags="-std=gnu17 -D_GNU_SOURCE=1 ${CFLAGS:--O2 -g} -Wall -Wextra"
library="-fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-semantic-interposition -fexceptions -DHALLOC_LIBRARY"
major=$(awk '$2 == "HALLOC_VERSION_MAJOR" { print $3 }' "$source/halloc.h")
cd "$source"

# glibc before 2.33 does not know the type of what mallinfo2 gives.
if ! printf '#include <malloc.h>\nstruct mallinfo2 known;\n' | $cc -x c -fsyntax-only - 2>/dev/null; then
    cat >"$build/older_libc.h" <<END
#include <stddef.h>
struct mallinfo2 { size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost; };
END
    library="$library -include $build/older_libc.h"
fi

echo "the library"
# shellcheck disable=SC2086 # flags are words
$cc $flags $library -c halloc.c -o "$build/halloc.o"
rm -f "$build/libhalloc.a"
ar rcs "$build/libhalloc.a" "$build/halloc.o"
# shellcheck disable=SC2086
$cc $flags -fPIC -fvisibility=hidden -shared "$build/halloc.o" src/interpose.c -o "$build/libhalloc.so.$major" \
    -Wl,-soname,"libhalloc.so.$major" -Wl,-z,nodelete -Wl,-z,initfirst -Wl,-z,now -Wl,-z,relro -pthread
ln -sf "libhalloc.so.$major" "$build/libhalloc.so"
cp halloc.h "$build/"

echo "the pages"
size() { wc -c <"$1" | tr -d ' '; }
embed() { # FOLDER NAME HEADER CSS JS: what tools/map/page/embed.cmake does
    local part head=$build/$2_head tail=$build/$2_tail
    {
        sed -n '1,/^\/\* STYLE \*\/$/p' "$1/page.html" | sed '$d'
        for part in $4; do cat "$1/$part"; done
        sed -n '/^\/\* STYLE \*\/$/,/^<!-- DATA -->$/p' "$1/page.html" | sed '1d;$d'
    } >"$head"
    {
        sed -n '/^<!-- DATA -->$/,/^\/\* SCRIPT \*\/$/p' "$1/page.html" | sed '1d;$d'
        for part in $5; do cat "$1/$part.js"; done
        sed -n '/^\/\* SCRIPT \*\/$/,$p' "$1/page.html" | sed '1d'
    } >"$tail"
    cat >"$build/$2_text.c" <<END
#include "$source/$3"
#define TEXT(name) __asm__(".section .rodata\n.global " #name "\n" #name ":\n.incbin \"$build/" #name "\"\n.byte 0\n.text\n");
TEXT($2_head)
TEXT($2_tail)
const size_t $2_head_bytes = $(size "$head"), $2_tail_bytes = $(size "$tail");
END
}
embed tools/map/page page tools/map/page/page_text.h page.css "model state overview strip words pointers page"
embed tools/snapshot/page snapshot tools/snapshot/snapshot_page.h "../../map/page/page.css snapshot.css" heap

echo "the command"
# A second process heap, to replay traces on: all of its names are local but two.
# shellcheck disable=SC2086
$cc $flags $library -c tools/replay/twin/twin.c -o "$build/twin.o"
objcopy --keep-global-symbol=twin_play --keep-global-symbol=twin_show "$build/twin.o"
tools=$(find tools -name '*.c' ! -path 'tools/capture/*' ! -path 'tools/replayer/*' ! -name twin.c)
# shellcheck disable=SC2086
$cc $flags -DHALLOC_BIN_TO_LIB='"../lib"' -DHALLOC_BIN_TO_INCLUDE='"../include"' \
    -DHALLOC_BIN_TO_SHARE='"../share/halloc"' -DHALLOC_SONAME="\"libhalloc.so.$major\"" \
    $tools "$build/page_text.c" "$build/snapshot_text.c" "$build/twin.o" "$build/libhalloc.a" -o "$build/halloc" \
    -Wl,--dynamic-list=cmake/command.exports -pthread -ldl -lm

echo "what replays and records"
# shellcheck disable=SC2086
$cc $flags tools/replayer/*.c tools/replay/measure/harness*.c tools/replay/owners.c -o "$build/halloc-replayer" -pthread -ldl
# shellcheck disable=SC2086
$cc $flags -fPIC -shared -fvisibility=hidden -ftls-model=initial-exec -fno-semantic-interposition -fexceptions \
    -fno-omit-frame-pointer -fno-builtin $(find tools/capture -name '*.c') -o "$build/libhalloc-trace.so" -pthread -ldl \
    -Wl,-z,nodelete -Wl,-z,now -Wl,-z,relro
echo "Done. For this terminal: export PATH=\"$build:\$PATH\""
