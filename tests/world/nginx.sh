#!/bin/bash
# nginx: two workers that serve files, compress, rewrite and pass on to each other; ab loads it.
# packages: nginx-light apache2-utils curl
# programs: nginx ab curl
# served: nginx ab curl
. "$(dirname "$0")/lib.sh"
unused_port
mkdir -p root tmp
seq 200000 >root/numbers.txt
head -c 3000000 "$rows/../programs/work/page.ps" >root/page.ps
cat >nginx.conf <<CONF
daemon off; worker_processes 2; pid nginx.pid; error_log error.log notice;
events { worker_connections 400; }
http {
    access_log access.log; gzip on; gzip_min_length 1; gzip_types *; default_type text/plain;
    client_body_temp_path tmp/b; proxy_temp_path tmp/p; fastcgi_temp_path tmp/f; uwsgi_temp_path tmp/u; scgi_temp_path tmp/s;
    proxy_cache_path tmp/cache keys_zone=c:1m;
    server { listen 127.0.0.1:$port; root root; server_tokens off;
        location /passed/ { proxy_pass http://127.0.0.1:$port/; proxy_cache c; proxy_cache_valid 200 1m; }
        location /said { return 200 "\$request_method \$args \$http_user_agent\n"; }
        rewrite ^/old/(.*)\$ /\$1 last; }
}
CONF
serve out.log nginx -p "$PWD" -e error.log -c nginx.conf
until_it curl -sf "http://127.0.0.1:$port/said"
fetch() { curl -sS --compressed -A world "$@"; }
fetch "http://127.0.0.1:$port/said?x=1" -d body
for path in numbers.txt passed/numbers.txt old/page.ps passed/page.ps missing; do
    echo "$path $(fetch "http://127.0.0.1:$port/$path" | digest)"
done
for path in page.ps passed/page.ps said?a; do
    ab -q -k -c 40 -n 4000 -H "Accept-Encoding: gzip" "http://127.0.0.1:$port/$path" 2>&1 | grep -E '^(Complete|Failed|Keep-Alive requests)'
done
kill -HUP $server # new workers, and the old ones end
fetch --retry 5 "http://127.0.0.1:$port/said?again"
stop QUIT
