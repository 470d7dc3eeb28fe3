# lib.sh - what the shell tests of traces share: looks into traces.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

number() { # FILE KEY: of halloc stat --json
    "$halloc" stat --json "$1" 2>/dev/null | sed -nE "s/.*\"$2\": ([0-9]+).*/\1/p" | head -1
}

sound() { # FILE: no damage, and every object that ends has begun
    "$halloc" stat "$1" >/dev/null 2>complaint || { fail "$1 is damaged:"; cat complaint; }
    "$halloc" export "$1" >sound.rep 2>/dev/null || fail "$1 can't be exported"
    "$halloc" import -o sound.htrace sound.rep 2>complaint || { fail "$1: an object ends that has not begun:"; cat complaint; }
}
