#!/bin/bash
# Installs what is missing of the Debian packages that the named groups need; quick when nothing is.
#
#     tools/install-packages.sh build test ...      groups: build core test page site deb rpm python musl aarch64 format bench
#     tools/install-packages.sh tests/world/ruby.sh  what a file names in its line "# packages:"
#
# Where it can't (another distribution, not root and no sudo) it says what is missing and succeeds
# if only tests would be skipped; it fails if there is no compiler or no CMake.
set -euo pipefail

declare -A packages=(
    [build]="gcc libc6-dev make cmake libdw-dev libiberty-dev zlib1g-dev"
    [core]="g++ libcmocka-dev binutils"
    [test]="g++ qemu-user heaptrack zstd gzip clang clang-format libcmocka-dev pkg-config binutils util-linux groff-base chromium chromium-driver firefox-esr gdb
            debhelper dpkg-dev fakeroot lintian python3-prometheus-client golang-go tidy systemtap-sdt-dev
            abigail-tools rpm ruby python3-yaml cargo rustc musl-tools
            $(cat "$(dirname "$0")/../tests/programs/packages.txt")"
    [page]="clang lld binaryen python3 nodejs"
    [site]="python3 python3-markdown-it python3-pygments python3-jinja2 mandoc libjs-lunr"
    [deb]="debhelper dpkg-dev fakeroot lintian debootstrap"
    [python]="python3"
    [rpm]="rpm"
    [musl]="musl-tools"
    [aarch64]="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
    [format]="clang-format"
    [bench]="valgrind strace binutils libjemalloc2 libmimalloc2.0 libtcmalloc-minimal4 g++ libc6-dev
             python3 perl git sqlite3 lua5.4 redis-server redis-tools z3 ghostscript nodejs
             postgresql mariadb-server mariadb-client nginx-light apache2-utils rocksdb-tools
             python3-flask python3-waitress
             openjdk-17-jdk-headless"
)

wanted=()
for group in "$@"; do
    if [[ $group == */* ]]; then
        read -r -a of_group <<<"$(sed -n 's/^# packages: *//p' "$group" | xargs)"
        wanted+=("${of_group[@]}")
        continue
    fi
    [[ -v "packages[$group]" ]] || { echo "no such group: $group" >&2; exit 2; }
    read -r -d '' -a of_group <<<"${packages[$group]}" || true
    wanted+=("${of_group[@]}")
done

# Programs that came without a package (a compiler in /usr/local, say) serve as well.
declare -A program=(
    [debhelper]=dh [dpkg-dev]=dpkg-buildpackage [libc6-dev]=- [libcmocka-dev]=- [systemtap-sdt-dev]=- [python3-markdown-it]=- [python3-pygments]=- [python3-jinja2]=- [libjs-lunr]=- [libc6-dev-arm64-cross]=- [libjemalloc2]=- [libmimalloc2.0]=-
    [libtcmalloc-minimal4]=- [binutils]=nm [util-linux]=setarch [procps]=ps [redis-tools]=redis-benchmark
    [abigail-tools]=abidiff [python3-yaml]=- [python3-prometheus-client]=- [python3-flask]=- [python3-waitress]=- [groff-base]=groff [libdw-dev]=- [lld]=wasm-ld [binaryen]=wasm-opt [golang-go]=go [libiberty-dev]=- [zlib1g-dev]=- [chromium-driver]=chromedriver [coreutils]=ls [diffutils]=diff [findutils]=find [ghostscript]=gs [nodejs]=node [musl-tools]=musl-gcc [gcc-aarch64-linux-gnu]=aarch64-linux-gnu-gcc
    [qemu-user]=qemu-aarch64 [postgresql]=psql [mariadb-server]=mariadbd [mariadb-client]=mariadb-slap
    [nginx-light]=nginx [apache2-utils]=ab [rocksdb-tools]=db_bench [openjdk-17-jdk-headless]=javac
)

installed=" "
if command -v dpkg-query >/dev/null; then
    installed=" $(dpkg-query -W -f '${Package}:${db:Status-Status} ' "${wanted[@]}" 2>/dev/null || true)"
fi
missing=()
for package in "${wanted[@]}"; do
    name=${program[$package]:-$package}
    if [[ $installed != *" $package:installed "* ]] && ! command -v "$name" >/dev/null; then
        missing+=("$package")
    fi
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $EUID -ne 0 ]]; then
    as_root=(sudo -n)
fi
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
    echo "installing: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    install=("${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}")
    # Lists of packages may be absent or old: then fetch them, and once more.
    if "${install[@]}" >/dev/null 2>&1; then
        exit 0
    fi
    "${as_root[@]}" apt-get update -qq
    if "${install[@]}" >/dev/null 2>"${log:=$(mktemp)}"; then
        rm -f "$log"
        exit 0
    fi
fi

[[ ! -s ${log:-} ]] || cat "$log" >&2
echo "missing, and not to be installed from here: ${missing[*]}" >&2
for tool in cc cmake; do
    command -v "$tool" >/dev/null || { echo "$tool is needed to build" >&2; exit 1; }
done
