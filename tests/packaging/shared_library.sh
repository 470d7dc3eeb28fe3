#!/bin/bash
# gcc app.c -lhalloc: malloc is the library's. And LD_PRELOAD gives it to a program that was never linked.
. "$(dirname "$0")/lib.sh"

gcc "${strict[@]}" -I"$source_dir" "$app" -L"$build_dir" -lhalloc -o app
needs_library app
says_version env LD_LIBRARY_PATH="$build_dir" ./app
says_version env LD_LIBRARY_PATH="$build_dir" LD_BIND_NOW=1 ./app

cat >unlinked.c <<'END'
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    bool (*overriding)(void) = (bool (*)(void))dlsym(RTLD_DEFAULT, "halloc_is_overriding");
    free(malloc(10));
    puts(!overriding ? "not there" : overriding() ? "overriding" : "there, to no effect");
    return 0;
}
END
gcc unlinked.c -o unlinked
[[ $(./unlinked) == "not there" ]] || die "unlinked, yet: $(./unlinked)"
said=$(LD_PRELOAD=$build_dir/libhalloc.so ./unlinked)
[[ $said == "overriding" ]] || die "preloaded, it says: $said"
