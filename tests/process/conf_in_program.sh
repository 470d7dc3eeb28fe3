#!/bin/bash
# A program may bring its own settings in halloc_conf; the environment's HALLOC_CONF is read later, and wins.
. "$(dirname "$0")/lib.sh"

cat >app.c <<'END'
#include <halloc.h>
#include <stdlib.h>
#ifdef CONF
const char *halloc_conf = CONF;
#endif
int main(void) {
    free(malloc(100));
    return halloc_malloc_info(0, stdout);
}
END
kind() { # KIND COMMAND...: which heap serves
    local wanted=$1 said
    shift
    said=$("$@" 2>err) || fail "$*: $(cat err)"
    [[ $said == *"kind=\"$wanted\""* ]] || fail "$*: not the $wanted heap: $said"
}
conf='-DCONF="heap:classic,fit:best"'
for how in "$build_dir/halloc.o" "$build_dir/libhalloc.a" "-L$build_dir -lhalloc -Wl,-rpath,$build_dir" \
    "-static $build_dir/libhalloc.a"; do
    gcc -I"$source_dir" "$conf" app.c $how -o with 2>log || die "does not link: $how"
    gcc -I"$source_dir" app.c $how -o without 2>log || die "does not link: $how"
    kind classic ./with
    kind process ./without
    kind process env HALLOC_CONF=heap:process ./with # the environment wins
    kind classic env HALLOC_CONF=purge:off ./with    # key by key
    kind classic env HALLOC_CONF=heap:classic ./without
done

# A preloaded library sees it where the program exports it, and only there.
sed 's/halloc_malloc_info/malloc_info/; s/halloc.h/malloc.h/; 1i #include <stdio.h>' app.c >plain.c
gcc "$conf" plain.c -rdynamic -o exports || die "does not compile"
gcc "$conf" plain.c -o keeps || die "does not compile"
kind classic env LD_PRELOAD="$library" ./exports
kind process env LD_PRELOAD="$library" ./keeps
kind process env LD_PRELOAD="$library" HALLOC_CONF=heap:process ./exports

# A bad value says where it stands.
gcc -I"$source_dir" '-DCONF="heap:heap,sale:on"' app.c "$build_dir/halloc.o" -o bad || die "does not link"
HALLOC_CONF=fit:none ./bad >out 2>err
line_in err '^halloc: halloc_conf: heap:heap: bad value'
line_in err '^halloc: halloc_conf: sale:on: unknown key'
line_in err '^halloc: HALLOC_CONF: fit:none: bad value'
gcc -I"$source_dir" '-DCONF=(char*)0' app.c "$build_dir/halloc.o" -o null || die "does not link"
kind process ./null
finish "settings in a program"
