#!/bin/bash
# PHP without the extensions that it loads: with an allocator of its own over malloc's pages, and straight on malloc.
# packages: php8.2-cli
# programs: php8.2
# served: php8.2
. "$(dirname "$0")/lib.sh"
php8.2 -n "$rows/work/work.php"
echo "php ended with $?"
USE_ZEND_ALLOC=0 php8.2 -n "$rows/work/work.php"
echo "php on malloc alone ended with $?"
