#!/bin/bash
# A program may have a splitBlock and a findFreeBlock of its own, with other arguments: beside each form of the library,
# linked or preloaded. So may a plug-in under the preload. Each calls its own, and Halloc calls Halloc's.
. "$(dirname "$0")/lib.sh"

cat >own.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int splitBlock(int at) {
    return at + 1;
}
int findFreeBlock(int at) {
    return splitBlock(at) + 1;
}
void *halloc_malloc(size_t) __attribute__((weak));
int main(void) {
    free(realloc(malloc(100), 300000)); /* Halloc searches, splits and merges */
    if (findFreeBlock(40) != 42)
        return puts("another splitBlock was called"), 1;
    return puts(halloc_malloc ? "its own" : "no halloc here") < 0;
}
END
gcc own.c "$build_dir/halloc.o" -o with_object || die "halloc.o does not link"
gcc own.c "$build_dir/libhalloc.a" -o with_archive || die "libhalloc.a does not link"
gcc own.c "$build_dir/halloc.o" -static -o static 2>warnings || die "halloc.o does not link into a static program: $(cat warnings)"
gcc -rdynamic own.c -L"$build_dir" -lhalloc -o with_shared
gcc -rdynamic own.c -o alone
# A plug-in finds a name in the program and in what is preloaded first, only then in itself.
gcc -shared -fPIC -Dmain=plugin own.c -o plugin.so
cat >host.c <<'END'
#include <dlfcn.h>
int main(void) {
    void *plugin = dlopen("./plugin.so", RTLD_NOW);
    return plugin ? ((int (*)(void))dlsym(plugin, "plugin"))() : 2;
}
END
gcc host.c -o host
for conf in heap:process heap:classic; do
    export HALLOC_CONF=$conf
    for program in with_object with_archive static; do
        equal "$program, $conf" "its own" "$(./$program 2>&1)"
    done
    equal "with_shared, $conf" "its own" "$(LD_LIBRARY_PATH=$build_dir ./with_shared 2>&1)"
    for program in alone host; do
        equal "$program, preloaded, $conf" "its own" "$(LD_PRELOAD=$library ./$program 2>&1)"
    done
done
finish "their own splitBlock"
