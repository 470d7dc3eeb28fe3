#!/bin/bash
# PHP as Debian configures it: it loads its extensions with RTLD_DEEPBIND.
# packages: php8.2-cli php8.2-common
# programs: php8.2
# served: php8.2
# note: a library that is loaded with RTLD_DEEPBIND finds libc's malloc before a preloaded one, and the program frees its blocks with the other: any preloaded allocator fails here (docs/known-limits.md)
. "$(dirname "$0")/lib.sh"
php8.2 "$rows/work/work.php"
echo "php ended with $?"
USE_ZEND_ALLOC=0 php8.2 "$rows/work/work.php"
echo "php on malloc alone ended with $?"
