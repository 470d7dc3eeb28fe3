#!/bin/bash
# HAProxy: threads that balance between two servers of its own, with compression; ab loads it.
# packages: haproxy apache2-utils curl
# programs: haproxy ab curl
# served: haproxy
. "$(dirname "$0")/lib.sh"
unused_port
cat >haproxy.cfg <<CONF
global
    nbthread 4
    maxconn 500
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend front
    bind 127.0.0.1:$port
    default_backend back
backend back
    balance roundrobin
    compression algo gzip
    compression type text/plain
    server one unix@$PWD/one
    server two unix@$PWD/two
frontend one
    bind unix@$PWD/one
    http-request return status 200 content-type text/plain lf-string "%[path] %[rand(1)] $(printf 'text %.0s' {1..800})"
frontend two
    bind unix@$PWD/two
    http-request return status 200 content-type text/plain lf-string "%[path] %[rand(1)] $(printf 'text %.0s' {1..800})"
CONF
serve haproxy.log haproxy -db -f haproxy.cfg
until_it curl -sf "http://127.0.0.1:$port/"
for path in a b c; do
    curl -sS --compressed "http://127.0.0.1:$port/$path" | digest
done
ab -q -c 40 -n 5000 -H "Accept-Encoding: gzip" "http://127.0.0.1:$port/x" 2>&1 | grep -E '^(Complete|Failed|Non-2xx)'
stop TERM
