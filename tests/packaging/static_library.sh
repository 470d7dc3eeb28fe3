#!/bin/bash
# gcc app.c libhalloc.a: malloc is halloc's, and the program needs no library; so also linked with -static.
. "$(dirname "$0")/lib.sh"

gcc "${strict[@]}" -I"$source_dir" "$app" "$build_dir/libhalloc.a" -o app
needs_no_library app
says_version ./app
gcc -I"$source_dir" "$app" "$build_dir/libhalloc.a" -static -o app_static
says_version ./app_static
