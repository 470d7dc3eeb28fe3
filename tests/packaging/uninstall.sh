#!/bin/bash
# `make uninstall` takes back what `make install` put there, and nothing else.
. "$(dirname "$0")/lib.sh"

mkdir -p stage/opt/lib stage/opt/share/man/man1
echo mine | tee stage/opt/lib/other.so >stage/opt/share/man/man1/other.1
find stage ! -type d | sort >before
# A build of its own: the prefix is a setting of the build folder. Which files go where does not depend on what is in
# them: so nothing is compiled, and all of them are empty.
mkdir tree
tar -C "$source_dir" --exclude='./build*' --exclude=./.git -c . | tar -x -C tree
printf '#!/bin/sh\nfor last; do :; done\n: >"$last"\n' >touch_last
chmod +x touch_last
empty=(-D CMAKE_OBJCOPY="$work/touch_last" -D CMAKE_C_COMPILE_OBJECT="touch <OBJECT>")
for rule in LINK_EXECUTABLE CREATE_SHARED_LIBRARY CREATE_STATIC_LIBRARY; do
    empty+=(-D "CMAKE_C_$rule=touch <TARGET>")
done
cmake -S tree --preset release -D HALLOC_TESTS=OFF "${empty[@]}" >log 2>&1 || die "$(cat log)"
make -C tree -s install PREFIX=/opt DESTDIR="$work/stage" >log 2>&1 || die "$(cat log)"
[[ -e stage/opt/include/halloc.h && -d stage/opt/share/halloc ]] || die "not installed: $(find stage)"
make -C tree -s uninstall PREFIX=/opt DESTDIR="$work/stage" >log 2>&1 || die "$(cat log)"
find stage ! -type d | sort | diff before - || die "these differ (<: lost, >: left)"
equal "folders left" "" "$(find stage -name halloc)"
finish "what is installed goes"
