#!/bin/bash
# `make uninstall` takes back what `make install` put there, and nothing else.
. "$(dirname "$0")/lib.sh"

mkdir -p stage/opt/lib stage/opt/share/man/man1
echo mine | tee stage/opt/lib/other.so >stage/opt/share/man/man1/other.1
find stage ! -type d | sort >before
# A build of its own: the prefix is a setting of the build folder. Which files go where does not depend on the
# compiler's options, so it does not optimise.
mkdir tree
tar -C "$source_dir" --exclude='./build*' --exclude=./.git -c . | tar -x -C tree
cmake -S tree --preset release -D CMAKE_C_FLAGS_RELEASE=-O0 -D HALLOC_TESTS=OFF >log 2>&1 || die "$(cat log)"
make -C tree -s install PREFIX=/opt DESTDIR="$work/stage" >log 2>&1 || die "$(cat log)"
[[ -e stage/opt/include/halloc.h && -d stage/opt/share/halloc ]] || die "not installed: $(find stage)"
make -C tree -s uninstall PREFIX=/opt DESTDIR="$work/stage" >log 2>&1 || die "$(cat log)"
find stage ! -type d | sort | diff before - || die "these differ (<: lost, >: left)"
equal "folders left" "" "$(find stage -name halloc)"
finish "what is installed goes"
