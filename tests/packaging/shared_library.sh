#!/bin/bash
# gcc app.c -lhalloc: malloc is the library's. And LD_PRELOAD gives it to a program that was never linked.
. "$(dirname "$0")/lib.sh"

gcc "${strict[@]}" -I"$HALLOC_SOURCE" "$app" -L"$HALLOC_BUILD" -lhalloc -o app
needs_library app
says_version env LD_LIBRARY_PATH="$HALLOC_BUILD" ./app
says_version env LD_LIBRARY_PATH="$HALLOC_BUILD" LD_BIND_NOW=1 ./app

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
[[ $(./unlinked) == "not there" ]] || fail "unlinked, yet: $(./unlinked)"
said=$(LD_PRELOAD=$HALLOC_BUILD/libhalloc.so ./unlinked)
[[ $said == "overriding" ]] || fail "preloaded, it says: $said"
