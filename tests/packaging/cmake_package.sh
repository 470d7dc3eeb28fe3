#!/bin/bash
# A CMake project finds the installed package: halloc::halloc, halloc::static; and a version too new is refused.
. "$(dirname "$0")/lib.sh"

install_to "$work/prefix"
cmake -S "$test_dir/project" -B project -D APP="$app" -D CMAKE_PREFIX_PATH="$work/prefix" >log ||
    die "$(cat log)"
cmake --build project >>log || die "$(cat log)"
needs_library project/with_shared
needs_no_library project/with_static
says_version project/with_shared
says_version project/with_static

mkdir newer
cat >newer/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.16)
project(newer LANGUAGES NONE)
find_package(halloc 2.0 REQUIRED CONFIG)
END
if cmake -S newer -B newer/build -D CMAKE_PREFIX_PATH="$work/prefix" >log 2>&1; then
    die "version 2.0 was found, though $version is installed"
fi
grep -q 'version: ' log || die "refused for another reason: $(cat log)"
