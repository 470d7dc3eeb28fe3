#!/bin/bash
# gcc app.c halloc.o: an object is linked whole, so the override takes whatever the order.
. "$(dirname "$0")/lib.sh"

gcc "${strict[@]}" -I"$source_dir" "$app" "$build_dir/halloc.o" -o app
needs_no_library app
says_version ./app
gcc -I"$source_dir" "$build_dir/halloc.o" "$app" -o app
says_version ./app
gcc -I"$source_dir" "$app" "$build_dir/halloc.o" -static -o app_static
says_version ./app_static
# There the unwinder would allocate, inside of malloc.
HALLOC_CONF=sample:1 says_version timeout 300 ./app_static
