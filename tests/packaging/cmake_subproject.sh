#!/bin/bash
# Halloc as a folder of another CMake project: the same target names, and neither its tests nor its
# installation come along.
. "$(dirname "$0")/lib.sh"

mkdir project
cat >project/CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.25)
project(host LANGUAGES C)
enable_testing()
add_subdirectory("$source_dir" halloc EXCLUDE_FROM_ALL)
add_executable(with_shared "$app")
target_link_libraries(with_shared PRIVATE halloc::halloc)
add_executable(with_static "$app")
target_link_libraries(with_static PRIVATE halloc::static)
END
cmake -S project -B build >log 2>&1 || die "$(cat log)"
cmake --build build >>log 2>&1 || die "$(cat log)"
says_version build/with_shared
says_version build/with_static
[[ $(ctest --test-dir build -N | tail -1) == "Total Tests: 0" ]] || die "its tests came along"
