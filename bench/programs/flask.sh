#!/bin/sh
# A Python service, Flask under waitress: eight threads answer sixteen clients of ab.
#
#     flask.sh SCALE
. "$(dirname "$0")/server.sh"
python=/usr/bin/python3 # Debian's: it has the modules
port=$($python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
serve TERM $python "$(dirname "$0")/service.py" "$port" "$home"
address=http://127.0.0.1:$port/
served() { # ab itself takes any answer for a good one
    ab -v 2 -n 1 "$address" | grep -q '^HTTP/1.[01] 200'
}
answers served
requests=$(scaled 800)
client ab -q -l -c 16 -n "$((requests < 16 ? 16 : requests))" "$address" # ab wants one for each client
stop || true # by the signal
