#!/bin/bash
# The recipes of packaging/ have the version of halloc.h, and are good files of their kinds. What more is checked, and
# by whom: packaging/README.md.
. "$(dirname "$0")/lib.sh"
set +e
cd "$source_dir/packaging"

of() { # FILE PATTERN: the version there
    equal "version in $1" "$version" "$(sed -nE "s/$2/\1/p" "$1" | head -1)"
}
of halloc.spec '^Version: *([0-9.]+)$'
of halloc.spec '^\* .* - ([0-9.]+)-1$'
of halloc.nix '^  version = "([0-9.]+)";$'
of halloc.rb '.*\/halloc-([0-9.]+)\.tar\.gz"$'
of conanfile.py '^    version = "([0-9.]+)"$'
of vcpkg/halloc/vcpkg.json '^  "version-semver": "([0-9.]+)",$'
of debian/changelog '^halloc \(([0-9.]+)-1\) .*'
grep -qE "^## \[$version\] - 20[0-9]{2}-[0-9]{2}-[0-9]{2}$" ../CHANGELOG.md || fail "CHANGELOG.md: no date for $version"

good() { # FILE COMMAND...: the command reads the file
    command -v "$2" >/dev/null || { echo "without $2, which is not installed: $1"; return; }
    "${@:2}" >"$work/log" 2>&1 || fail "$1: $2 says: $(tail -5 "$work/log")"
}
good halloc.spec rpmspec --parse halloc.spec
good halloc.nix nix-instantiate --parse halloc.nix
good halloc.rb ruby -c halloc.rb
good conanfile.py python3 -c 'import ast; ast.parse(open("conanfile.py").read())'
good vcpkg.json python3 -m json.tool vcpkg/halloc/vcpkg.json
# CMake reads a whole file before it runs it; it can't know vcpkg's functions.
cmake -P vcpkg/halloc/portfile.cmake >"$work/log" 2>&1
line_in "$work/log" 'Unknown CMake command "vcpkg_cmake_configure"'
for file in ../.github/workflows/*.yml; do
    good "$file" python3 -c 'import sys, yaml; assert yaml.safe_load(open(sys.argv[1]))["jobs"]' "$file"
done
finish "the recipes of version $version"
