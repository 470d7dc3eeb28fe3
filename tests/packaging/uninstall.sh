#!/bin/bash
# `make uninstall` takes back what `make install` put there, and nothing else.
. "$(dirname "$0")/lib.sh"

mkdir -p stage/opt/lib stage/opt/share/man/man1
echo mine | tee stage/opt/lib/other.so >stage/opt/share/man/man1/other.1
find stage ! -type d | sort >before
# A build of its own: the prefix is a setting of the build folder.
cp -r "$source_dir" tree 2>/dev/null
rm -rf tree/build* tree/.git
make -C tree -s install PREFIX=/opt DESTDIR="$work/stage" >log 2>&1 || die "$(cat log)"
[[ -e stage/opt/include/halloc.h && -d stage/opt/share/halloc ]] || die "not installed: $(find stage)"
make -C tree -s uninstall PREFIX=/opt DESTDIR="$work/stage" >log 2>&1 || die "$(cat log)"
find stage ! -type d | sort | diff before - || die "these differ (<: lost, >: left)"
equal "folders left" "" "$(find stage -name halloc)"
finish "what is installed goes"
