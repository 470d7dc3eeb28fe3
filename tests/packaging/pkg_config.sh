#!/bin/bash
# pkg-config knows the flags to compile and link, what to preload, and the archive; also after the
# installation was moved.
. "$(dirname "$0")/lib.sh"

variable() { # some versions of pkg-config escape blanks, some don't
    pkg-config --variable="$1" halloc | sed 's/\\//g'
}

install_to "$work/before"
for prefix in "$work/before" "$work/after that"; do
    [[ -d $prefix ]] || mv "$work/before" "$prefix"
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name halloc.pc)")
    export PKG_CONFIG_PATH
    [[ $(pkg-config --modversion halloc) == "$version" ]] || die "version: $(pkg-config --modversion halloc)"
    libdir=$(variable libdir)
    [[ $libdir -ef $(dirname "$(find "$prefix" -name libhalloc.a)") ]] || die "libdir: $libdir"

    # The folder's name has a blank: pkg-config escapes it for the shell.
    eval "gcc ${strict[*]} '$app' $(pkg-config --cflags --libs halloc) -o app"
    needs_library app
    says_version env LD_LIBRARY_PATH="$libdir" ./app
    eval "gcc ${strict[*]} '$app' $(pkg-config --cflags halloc) '$(variable archive)' -o app"
    needs_no_library app
    says_version ./app
    eval "gcc ${strict[*]} '$app' $(pkg-config --cflags halloc) '$(variable object)' -o app"
    says_version ./app
    [[ -e $(variable preload) ]] || die "nothing to preload"
done
