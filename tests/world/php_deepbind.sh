#!/bin/bash
# PHP as Debian configures it: it loads its extensions with RTLD_DEEPBIND.
# packages: php8.2-cli php8.2-common
# programs: php8.2
# served: php8.2
. "$(dirname "$0")/lib.sh"
php8.2 "$rows/work/work.php"
echo "php ended with $?"
USE_ZEND_ALLOC=0 php8.2 "$rows/work/work.php"
echo "php on malloc alone ended with $?"
