#!/bin/bash
# Recording goes on to the end whatever becomes of the file's path and of the program's descriptors; and the
# program gets the descriptors that it would get untraced.
. "$(dirname "$0")/lib.sh"
program descriptors
mkdir empty private
chmod 700 private
chmod 711 "$work"

try() { # WORD LIMITS...: soft and hard
    (
        ulimit -Sn "$2" && ulimit -Hn "$3" || exit 0
        ./descriptors "$1" >untraced
        status=$?
        [ $status = 77 ] && exit 88
        status_of $status "$halloc" trace -o private/full.htrace -- ./descriptors "$1"
        # Where there can be no more at all, the recorder's is one of them; a superuser may have more.
        read -r first others <untraced
        ((others > 0 && $2 == $3)) && grep -qx "$first $((others - 1))" out && cp untraced out
        equal "$1, $2 of $3 descriptors: what it got" "$(cat untraced)" "$(cat out)"
        grep -q "stopped early" err && fail "$1, $2 of $3 descriptors: $(cat err)"
        operations=$(number private/full.htrace operations)
        ((operations >= 400002)) || fail "$1, $2 of $3 descriptors: $operations operations"
        sound private/full.htrace
        rm -f private/full.htrace*
        exit $((failures > 0))
    )
    case $? in
    0) ;;
    88) echo "$1: may not be done here" ;;
    *) failures=$((failures + 1)) ;;
    esac
}

for word in few close all chroot setuid; do
    try $word 1024 4096
    try $word 64 4096
done
try few 2000 2000
try setuid 2000 2000
try close 50 50
try few 20 20
finish "descriptors, other roots, other users"
