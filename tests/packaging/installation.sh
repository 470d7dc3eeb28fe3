#!/bin/bash
# What is installed, and where: by PREFIX and DESTDIR, every file in its place, no more, and none that
# knows the folder it was built in; moved elsewhere, the command and the CMake package still work.
. "$(dirname "$0")/lib.sh"

install_to /opt/halloc DESTDIR="$work/stage"
root=$work/stage/opt/halloc
lib=$(realpath --relative-to="$root" "$(dirname "$(find "$root" -name libhalloc.a)")")
cat >expected <<END
bin/halloc
include/halloc.h
$lib/cmake/halloc/halloc-config-version.cmake
$lib/cmake/halloc/halloc-config.cmake
$lib/cmake/halloc/halloc-targets-release.cmake
$lib/cmake/halloc/halloc-targets.cmake
$lib/halloc.o
$lib/halloc/halloc-replayer
$lib/halloc/libhalloc-trace.so
$lib/libhalloc.a
$lib/libhalloc.so
$lib/libhalloc.so.1
$lib/libhalloc.so.$version
$lib/pkgconfig/halloc.pc
share/doc/halloc/LICENSE
share/halloc/halloc-gdb.py
share/halloc/halloc_heap.py
share/man/man1/halloc.1
share/man/man3/halloc.3
END
nm -D --defined-only -P "$build_dir/libhalloc.so" | sed -nE 's,^(halloc_[^ ]+) .*,share/man/man3/\1.3,p' >>expected
# The playground, where it was made, and its way in for each chapter.
[[ ! -f $build_dir/halloc.html ]] ||
    (cd "$build_dir" && printf 'share/halloc/%s\n' halloc.html chapters/*) >>expected
(cd "$root" && find . ! -type d | sed 's,^\./,,' | sed -E 's/targets-(debug|release)/targets-release/' | LC_ALL=C sort) >found
LC_ALL=C sort -o expected expected
diff expected found || die "not what was to be installed (<: missing, >: too much)"
[[ $(readlink "$root/$lib/libhalloc.so") == libhalloc.so.1 ]] || die "libhalloc.so is no link to libhalloc.so.1"
[[ ! -e /opt/halloc/include/halloc.h ]] || die "DESTDIR was not heeded"

# Each function has a manual page: it leads to the page of all.
for page in "$root"/share/man/man3/*.3; do
    (cd "$root/share/man" && soelim "man3/${page##*/}") >text 2>&1 || die "$page leads nowhere: $(cat text)"
    grep -q '^\.TH HALLOC 3' text || die "$page does not lead to halloc(3)"
done
if command -v man >/dev/null; then
    man -M "$root/share/man" halloc_heap_create >text 2>&1 || die "man halloc_heap_create: $(cat text)"
    line_in text 'halloc_heap_create\(const halloc_heap_options'
fi

# Text files know neither the build nor the prefix.
if grep -rlI -e "$build_dir" -e "$work" -e /opt/halloc "$root" | grep .; then
    die "these know where they were built or installed"
fi
if readelf -d "$root/$lib/libhalloc.so" "$root/bin/halloc" | grep -E 'RPATH|RUNPATH'; then
    die "a path to libraries is built in"
fi

mv "$work/stage" "$work/moved"
root=$work/moved/opt/halloc
cmake -S "$test_dir/project" -B project -D APP="$app" -D CMAKE_PREFIX_PATH="$root" >log ||
    die "$(cat log)"
cmake --build project >>log || die "$(cat log)"
says_version project/with_shared
says_version project/with_static
[[ $("$root/bin/halloc" --version) == *"$version"* ]] || die "halloc --version: $("$root/bin/halloc" --version)"
[[ $("$root/bin/halloc" run -- echo works 2>report) == works ]] || die "halloc run, moved: $(cat report)"
! grep -qi 'not take' report || die "the override did not take: $(cat report)"
