#!/bin/bash
# The fuzzing targets compile, without a warning, and each has a corpus to start from. `make fuzz` runs them.
. "$(dirname "$0")/lib.sh"
command -v clang >/dev/null || skip "no clang (Debian: clang)"

all=(calls conf heaptrack htrace rep script valgrind written)
for target in "${all[@]}"; do
    file=tests/fuzz/fuzz_$target.c option=-DFUZZ
    case $target in
    heaptrack | rep | script | valgrind) file=tests/fuzz/fuzz_import.c option=-DIMPORT=import_$target ;;
    written) file=tests/fuzz/fuzz_import.c option=-DWITH_FILES ;;
    esac
    clang -std=gnu17 -fsyntax-only -Wall -Wextra -Werror -D_GNU_SOURCE=1 $option $file || fail "$file, $target"
    [ -n "$(ls tests/fuzz/corpus/$target)" ] || fail "no corpus for $target"
done
equal 'corpora' "$(printf '%s\n' "${all[@]}")" "$(ls tests/fuzz/corpus)"
equal 'targets that run knows' "all=(${all[*]})" "$(grep '^all=' tests/fuzz/run)"
finish 'the fuzzing targets'
