# lib.sh - what the rows of the world share. A row is a script that works in the empty folder that it is started
# in, and prints what must be the same whoever serves malloc: no times, no addresses, no process numbers.
#
# What varies goes into a file: files are not compared, but looked through for what halloc has to say. By hand:
#
#     cd "$(mktemp -d)" && LD_PRELOAD=.../libhalloc.so bash .../tests/world/ruby.sh
set -u
rows=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
workloads=$(dirname "$rows")/programs/work

served=() # servers that were started, and not yet waited for
trap 'kill -KILL "${served[@]}" 2>/dev/null' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

serve() { # LOG COMMAND...: in the background; its number is in $server
    "${@:2}" >"$1" 2>&1 </dev/null &
    server=$!
    served+=("$server")
}

until_it() { # COMMAND...: tries it until it succeeds, a minute at most, and not longer than the server is there
    local try
    for try in {1..600}; do
        "$@" >/dev/null 2>&1 && return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    echo "no answer to: $*"
    tail -n 20 ./*.log
    exit 1
}

stop() { # SIGNAL: ends $server, and says with which status it ended
    kill "-$1" "$server"
    wait "$server"
    echo "the server ended with $?"
    served=("${served[@]/$server/}")
}

unused_port() { # of 127.0.0.1, in $port
    for port in $(shuf -i 20000-32000 -n 200); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
    done
    echo "no unused port"
    exit 1
}

digest() { # of what comes in, in short
    sha256sum | cut -c1-16
}
