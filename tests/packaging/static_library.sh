#!/bin/bash
# gcc app.c libhalloc.a: malloc is halloc's, and the program needs no library; so also linked with -static.
. "$(dirname "$0")/lib.sh"

gcc "${strict[@]}" -I"$HALLOC_SOURCE" "$app" "$HALLOC_BUILD/libhalloc.a" -o app
needs_no_library app
says_version ./app
gcc -I"$HALLOC_SOURCE" "$app" "$HALLOC_BUILD/libhalloc.a" -static -o app_static
says_version ./app_static
