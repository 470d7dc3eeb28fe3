#!/bin/bash
# Heaps without an operating system (examples/embedded, docs/embedded.md): one object with nothing undefined in it, for
# machines of 32 and 64 bits; and a program without libc runs on it.
. "$(dirname "$0")/lib.sh"

embedded=$source_dir/examples/embedded
flags=(-std=gnu17 -ffreestanding -fno-pic -fno-stack-protector -O2 "${strict[@]}" -I"$embedded/include")

stands_alone() { # COMPILER...: weak names may stay undefined, others may not
    local undefined
    "$@" "${flags[@]}" -c "$embedded/bare.c" -o bare.o || die "bare.c does not compile: $*"
    undefined=$(nm bare.o | awk '$(NF - 1) == "U"')
    [[ ! $undefined ]] || fail "undefined in bare.o: $undefined: $*"
    nm bare.o | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' >exported
    grep -qx halloc_heap_create exported || fail "bare.o lacks halloc_heap_create: $*"
    grep -vxE 'halloc_.*|memset|memcpy|strcmp' exported && fail "bare.o exports other names: $*"
    objects=$((objects + 1))
}

serves() { # RUNNER COMPILER...: the program says each policy, and first fit once more
    local runner=$1
    shift
    "$@" "${flags[@]}" -nostdlib -static -I"$source_dir" "$embedded/board.c" "$embedded/bare.c" -o board ||
        die "board.c does not compile: $*"
    equal "what board says ($*)" "first bump first next best worst segregated buddy tlsf" "$($runner ./board | xargs)"
}

objects=0
stands_alone gcc
serves "" gcc
case $(uname -m) in
x86_64)
    stands_alone gcc -m32
    serves "$(command -v qemu-i386)" gcc -m32 # not every kernel runs programs of 32 bits
    ;;
esac
if command -v clang >/dev/null; then
    for target in armv7m-none-eabi thumbv8m.main-none-eabi riscv32-unknown-elf aarch64-none-elf; do
        stands_alone clang --target=$target
    done
fi
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then
    stands_alone aarch64-linux-gnu-gcc -mno-outline-atomics
    serves qemu-aarch64 aarch64-linux-gnu-gcc -mno-outline-atomics
fi
((objects > 0)) || fail "nothing was compiled"
finish "$objects objects that need nothing"
