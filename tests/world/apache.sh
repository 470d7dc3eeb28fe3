#!/bin/bash
# Apache httpd, its event module: threads that serve files and compress; ab loads it; it restarts gracefully.
# packages: apache2-bin apache2-utils curl
# programs: apache2 ab curl
# served: apache2 ab
. "$(dirname "$0")/lib.sh"
unused_port
mkdir root
seq 100000 >root/numbers.txt
modules=/usr/lib/apache2/modules
cat >httpd.conf <<CONF
ServerRoot $PWD
ServerName localhost
Listen 127.0.0.1:$port
PidFile $PWD/pid
ErrorLog $PWD/error.log
DocumentRoot $PWD/root
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule filter_module $modules/mod_filter.so
LoadModule deflate_module $modules/mod_deflate.so
LoadModule rewrite_module $modules/mod_rewrite.so
StartServers 2
ThreadsPerChild 25
SetOutputFilter DEFLATE
RewriteEngine on
RewriteRule ^/old/(.*)$ /\$1
MaxConnectionsPerChild 3000
CONF
serve out.log apache2 -d "$PWD" -f "$PWD/httpd.conf" -DFOREGROUND
until_it curl -sf "http://127.0.0.1:$port/numbers.txt"
for path in numbers.txt old/numbers.txt missing; do
    echo "$path $(curl -sS --compressed "http://127.0.0.1:$port/$path" | digest)"
done
ab -q -c 40 -n 6000 -H "Accept-Encoding: gzip" "http://127.0.0.1:$port/old/missing" 2>&1 | grep -E '^(Complete|Failed|Non-2xx)'
ab -q -k -c 20 -n 500 -H "Accept-Encoding: gzip" "http://127.0.0.1:$port/numbers.txt" 2>&1 | grep -E '^(Complete|Failed|Non-2xx)'
kill -USR1 $server
sleep 1
echo "again $(curl -sS --retry 5 --retry-connrefused "http://127.0.0.1:$port/numbers.txt" | digest)"
stop TERM
