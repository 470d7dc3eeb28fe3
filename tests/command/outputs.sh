#!/bin/bash
# What stands at an output's name is replaced only by something whole, and only if it looks like what the command
# writes: never the input, never a source, never by half a file.
. "$(dirname "$0")/lib.sh"
printf '1\n1\n2\n1\na 0 10\nf 0\n' >small.rep
status_of 0 "$halloc" import small.rep
"$halloc" gen uniform -o large.htrace --operations=100000
ln large.htrace hard.htrace
ln -s large.htrace soft.htrace
echo 'int main(void);' >source.c
mkdir originals
cp small.rep small.htrace large.htrace source.c originals/
same() { # FILE WHAT
    cmp "$1" "originals/${3:-$1}" || fail "$2: $1 has changed"
}
nothing_else() { # WHAT
    equal "$1: files beside" "" "$(ls -A | grep '\.part')"
}

refused() { # KIND FILE WORD...
    local kind=$1 file=$2
    status_of 1 "$halloc" "${@:3}"
    line_in err "^halloc $3: $file exists and is no $kind: not overwritten$"
    same source.c "$*"
    same large.htrace "$*"
    same small.rep "$*"
    nothing_else "$*"
}
for name in large hard soft; do
    refused "HTML page" $name.htrace map large.htrace -o $name.htrace
    refused "SVG figure" $name.htrace map large.htrace --svg $name.htrace
    refused ".rep trace" $name.htrace export large.htrace -o $name.htrace
done
refused trace small.rep import small.rep -o small.rep
refused trace source.c gen uniform -o source.c
refused trace source.c import small.rep -o source.c
refused "HTML page" source.c map small.htrace -o source.c
refused "SVG figure" source.c map small.htrace --svg source.c
refused ".rep trace" source.c export small.htrace -o source.c
refused report large.htrace run -o large.htrace true
refused trace "$work/source.c" trace -o source.c true

# --- What looks like it, and an empty file, is replaced; with its permissions, and at the end of a link.
twice() { # FILE WORD...
    rm -f "$1"
    : >"$1"
    chmod 640 "$1"
    ln -sf "$1" link
    for _ in 1 2; do
        status_of 0 "$halloc" "${@:2}" link
        equal "$2: permissions" 640 "$(stat -c %a "$1")"
        [ -s "$1" ] && [ -L link ] || fail "$*: it is not written through the link"
    done
    nothing_else "$*"
}
twice page map small.htrace -o
twice figure map small.htrace --svg
twice rep export small.htrace -o
for _ in 1 2; do status_of 0 "$halloc" import small.rep -o made.htrace; done

# --- A failure leaves what was there, and nothing where nothing was.
echo '<!doctype html>mine' >mine.html
cp mine.html originals
status_of 1 "$halloc" map small.htrace --most 10 -o mine.html
line_in err 'the page would be too large'
same mine.html "a page too large"
status_of 1 "$halloc" map small.htrace --most 10
[ -e small.html ] && fail "a page too large was left"
limited() { (ulimit -f "$1" && "${@:2}"; exit $failures) || failures=$((failures + 1)); } # KIB COMMAND...
limited 8 status_of 1 "$halloc" map large.htrace -o mine.html
same mine.html "no room"
for words in "map large.htrace -o" "map large.htrace --svg" "export large.htrace -o" "gen uniform -o"; do
    # shellcheck disable=SC2086
    limited 8 status_of 1 "$halloc" $words new
    line_in err "^halloc ${words%% *}: .*cannot write .*: File too large"
    [ -e new ] && fail "$words: half a file was left"
done
nothing_else "no room"
told=$(ulimit -f 0; "$halloc" run -- true 2>&1)
equal "no room at all" "1 File too large" "$? ${told##*: }"
# --- A small disk, where one can be mounted: the counters have their room before the program starts.
cat >small.sh <<'END'
mount -t tmpfs -o size=256k tmpfs small || exit 125
export TMPDIR=$PWD/small
"$1" run -- sh -c 'echo ran' 2>&1
echo $?
mount -t tmpfs -o size=2M tmpfs small || exit 125
"$1" run -o report -- sh -c 'cat /dev/zero >small/fill 2>/dev/null; for turn in 1 2 3 4 5 6 7 8 9; do ls -d / || exit; done' 2>&1
echo $?
END
mkdir small
if unshare -Urm bash small.sh "$halloc" >told 2>/dev/null; then
    line_in told '^halloc run: cannot make the file of counters, .*: No space left on device$'
    equal "no room for counters, then for no more" "1 / / / / / / / / / 0" "$(sed 1d told | tr '\n' ' ' | sed 's/ $//')"
else
    echo "no tmpfs can be mounted here: without it"
fi
echo mine >beside.part # somebody's, though it is called like ours
status_of 0 "$halloc" export small.htrace -o beside
equal "a file that is called like ours" mine "$(cat beside.part)"
rm beside.part

# --- What has no place to be put in is written straight.
"$halloc" export small.htrace >wanted.rep
status_of 0 "$halloc" export small.htrace -o /dev/null
(echo before; "$halloc" export small.htrace -o /dev/stdout) >shared
diff shared <(echo before; cat wanted.rep) || fail "standard output that others write to"
mkfifo pipe
cat pipe >through &
status_of 0 "$halloc" export small.htrace -o pipe
wait
cmp through wanted.rep || fail "through a pipe"
[ -p pipe ] || fail "the pipe was replaced"
for words in "map --tty" "map --json" explain "explain --json" stat "stat --help" "map --help"; do
    "$halloc" $words large.htrace >/dev/full 2>err && fail "halloc $words: a full disk goes unnoticed"
    line_in err "^halloc ${words%% *}: cannot write: No space left on device$"
done
"$halloc" replay --with=first --repeat=1 small.htrace small.htrace >/dev/full 2>err && fail "halloc replay: a full disk goes unnoticed"
equal "a full disk is told once" "halloc replay: cannot write: No space left on device" "$(cat err)"
# A closed standard output is told of, by each command, and no file that is opened takes its place. A program that is
# run finds it closed.
for words in "replay small.htrace --with first --repeat=0" "stat small.htrace" "map --tty small.htrace"; do
    "$halloc" $words >&- 2>err
    equal "halloc $words without an output: status" 1 $?
    line_in err "^halloc ${words%% *}: cannot write: Bad file descriptor$"
done
for words in "run -o report" "trace -o closed.htrace"; do
    "$halloc" $words -- sh -c '[ ! -e /proc/self/fd/1 ]' >&- 2>err || fail "halloc $words: the program has an output that was closed"
done
finish "refusals, replacements, failures, pipes"
