#!/bin/bash
# gcc app.c halloc.o: an object is linked whole, so the override takes whatever the order.
. "$(dirname "$0")/lib.sh"

gcc "${strict[@]}" -I"$HALLOC_SOURCE" "$app" "$HALLOC_BUILD/halloc.o" -o app
needs_no_library app
says_version ./app
gcc -I"$HALLOC_SOURCE" "$HALLOC_BUILD/halloc.o" "$app" -o app
says_version ./app
gcc -I"$HALLOC_SOURCE" "$app" "$HALLOC_BUILD/halloc.o" -static -o app_static
says_version ./app_static
