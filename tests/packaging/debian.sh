#!/bin/bash
# The Debian packages: they build, lintian has nothing to say, they install, python3 runs on them, and removing them
# leaves nothing. Here dpkg installs into a folder; `make deb-check` does it in a fresh Debian.
. "$(dirname "$0")/lib.sh"

for tool in dh lintian fakeroot; do
    command -v $tool >/dev/null || skip "no $tool"
done
# Little optimisation and no line tables, which are stripped here anyway: that halves the time, and changes no file.
DEB_BUILD_OPTIONS=noautodbgsym DEB_CFLAGS_APPEND="-Og -g0" "$source_dir/packaging/deb" "$work/deb" >log 2>&1 || die "$(cat log)"
ls deb/libhalloc1_*.deb deb/libhalloc-dev_*.deb deb/halloc_*.deb >/dev/null || die "a package is missing: $(ls deb)"

# The folder's dpkg knows what this machine has, so dependencies are checked.
root=$work/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
cp /var/lib/dpkg/status "$root/var/lib/dpkg/status"
manage() { fakeroot dpkg --root="$root" --log=/dev/null --force-not-root "$@" >log 2>&1 || die "dpkg $*: $(cat log)"; }
tree() { (cd "$root" && find . -path ./var/lib/dpkg -prune -o ! -type d -print | LC_ALL=C sort); }
manage --install deb/*.deb
preload=$(echo "$root"/usr/lib/*/libhalloc.so.1)
equal "python3, preloaded" yes "$(LD_PRELOAD=$preload python3 -c '
import ctypes
print("yes" if ctypes.CDLL(None).halloc_is_overriding() else "no")')"
equal "halloc run" works "$("$root/usr/bin/halloc" run -- echo works 2>report)"
line_in report 'halloc'
"$root/usr/bin/halloc" trace -o p.htrace -- python3 -c 'print(1)' >log 2>&1 || die "halloc trace: $(cat log)"
page=$(echo "$root"/usr/share/man/man3/halloc_heap_create.3*)
[[ $(zcat "$page") == *".TH HALLOC 3"* ]] || fail "$page does not lead to halloc(3)"
manage --purge halloc libhalloc-dev libhalloc1
equal "left behind" "" "$(tree)"
finish "three packages"
