# server.sh - what the scripts of servers share. A script starts one server and one or more clients, in this order:
#
#     serve SIGNAL PROGRAM ARGUMENT...    answers COMMAND...    client COMMAND...    stop
#
# A program that ends by itself is a server without clients: serve, then until_it_ends.
#
# The harness sets three variables. BENCH_SERVER starts a program on the raced allocator and measures it. BENCH_CLIENT
# measures how long a client takes. BENCH_LIBRARY is the allocator's file. Without them a script runs on the
# system's malloc.
# Only the server runs on the raced allocator: a client's would add its own cost to every figure.
#
# Whatever ends the script, the server ends before it, and $home goes.
set -eu
scale=$1
home=$(mktemp -d)
export TMPDIR="$home"
server=
trap 'stop || true; rm -rf "$home"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

scaled() { # NUMBER: times the scale, rounded up
    awk "BEGIN { print int($1 * $scale) + 1 }"
}

# For a server that refuses root: $as_user is what its commands begin with, and $home is that user's.
as_user=
not_as_root() {
    [ "$(id -u)" = 0 ] || return 0
    as_user="setpriv --reuid=nobody --regid=nogroup --clear-groups"
    chown nobody "$home"
}

prepare() { # COMMAND...: what comes before the server, as the server's user
    $as_user "$@" >"$home/log" 2>&1 || { tail -n 3 "$home/log" >&2; exit 1; }
}

serve() { # SIGNAL PROGRAM ARGUMENT...: starts it; SIGNAL ends it
    stop_signal=$1
    program=$(command -v "$2")
    shift 2
    $as_user ${BENCH_SERVER:-} "$program" "$@" >"$home/log" 2>&1 </dev/null &
    server=$!
}

answers() { # COMMAND...: waits until it succeeds; and the server has the allocator in it
    until "$@" >/dev/null 2>&1; do
        kill -0 "$server" 2>/dev/null || { tail -n 3 "$home/log" >&2; exit 1; }
        sleep 0.02
    done
    [ -z "${BENCH_LIBRARY:-}" ] || for process in $(cat "/proc/$server/task/$server/children"); do
        grep -qF "$BENCH_LIBRARY" "/proc/$process/maps" || { echo "$program runs without $BENCH_LIBRARY" >&2; exit 1; }
    done
}

client() { # COMMAND...: what it says is thrown away, unless it fails
    ${BENCH_CLIENT:-} "$@" >"$home/client" 2>&1 || { tail -n 3 "$home/client" >&2; exit 1; }
}

until_it_ends() { # its exit status
    wait "$server"
    server=
}

stop() { # ends the server
    [ -n "$server" ] || return 0
    kill "-$stop_signal" "$server" 2>/dev/null || true
    until_it_ends
}
