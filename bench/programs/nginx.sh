#!/bin/sh
# nginx under ab: two worker processes that compress what they send, for forty clients.
#
#     nginx.sh SCALE
. "$(dirname "$0")/server.sh"
not_as_root # else its workers are nobody anyway, and may not read $home
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir "$home/root"
seq 3000 >"$home/root/numbers"
cat >"$home/conf" <<END
daemon off; worker_processes 2; pid $home/pid; error_log $home/error;
events { worker_connections 200; }
http {
    access_log off; gzip on; gzip_http_version 1.0; gzip_types *; default_type text/plain;
    client_body_temp_path $home/body; proxy_temp_path $home/proxy; fastcgi_temp_path $home/fastcgi;
    uwsgi_temp_path $home/uwsgi; scgi_temp_path $home/scgi;
    server { listen 127.0.0.1:$port; root $home/root; }
}
END
serve QUIT nginx -p "$home" -e "$home/error" -c "$home/conf"
address=http://127.0.0.1:$port/numbers
zipped="Accept-Encoding: gzip"
served() { # ab itself takes any answer for a good one
    [ "$(ab -v 2 -n 1 -H "$zipped" "$address" | grep -cE '^(HTTP/1.1 200|Content-Encoding: gzip)')" = 2 ]
}
answers served
client ab -q -c 40 -n "$(scaled 12000)" -H "$zipped" "$address"
stop
