#!/bin/bash
# gcc app.c halloc.c -lrt: the app's own main wins, and malloc is halloc's; or stays libc's, on request.
. "$(dirname "$0")/lib.sh"

for compiler in gcc clang; do
    command -v $compiler >/dev/null || { echo "without $compiler, which is not installed"; continue; }
    for flags in "" "-O2"; do
        $compiler $flags "${strict[@]}" -I"$source_dir" "$app" "$source_dir/halloc.c" -lrt -o app
        needs_no_library app
        says_version ./app
    done
    $compiler -DHALLOC_NO_OVERRIDE "${strict[@]}" -I"$source_dir" "$app" "$source_dir/halloc.c" -lrt -o app
    says_version ./app prefixed
done
# The other order of files, and each file compiled apart.
gcc -I"$source_dir" "$source_dir/halloc.c" "$app" -lrt -o app
says_version ./app
