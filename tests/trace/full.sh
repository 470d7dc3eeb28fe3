#!/bin/bash
# Where there is no room: the program prints what it prints and ends as it ends, recording stops, one line says
# so, and what was recorded is of use. What is no file is never replaced by one.
. "$(dirname "$0")/lib.sh"
program busy
program refuse
program threads

busy() { # [COMMAND BEFORE...] -- CALLS [OPTION...]: of ./busy, whose output and status are its own
    local before=()
    while [ "$1" != -- ]; do before+=("$1"); shift; done
    status_of 7 "${before[@]}" "$halloc" trace "${@:3}" -o full.htrace -- ./busy "$2"
    equal "output" "done" "$(cat out)"
    line_in err "^busy: done$"
    # A program that still runs a second later is told of at that moment, too.
    equal "lines on stderr: its own, and one about the recording" 2 "$(grep -vc 'recording has stopped: .*; the program goes on$' err)"
}

stopped() { # WHY LEAST: so many operations are there, and of use
    line_in err "^halloc trace: full.htrace: recording stopped early: $1; [0-9,]+ operations of 1 thread, .* calls missed"
    (($(number full.htrace operations) >= $2)) || fail "$1: only $(number full.htrace operations) operations"
    line_in <("$halloc" stat --json full.htrace) "\"stopped_early\": \"$1\""
    line_in <("$halloc" stat full.htrace) "stopped .* $1"
    line_in <("$halloc" stat full.htrace) "at the end .* not freed in what was recorded"
    sound full.htrace
    "$halloc" replay --with=first --repeat=1 full.htrace >/dev/null 2>&1 || fail "$1: it can't be replayed"
    rm -f full.htrace*
}

not_begun() { # WHY COMMAND...: said before the program starts
    status_of 1 "${@:2}" ./busy 10
    line_in err "^halloc trace: cannot write to full.htrace: $1$"
    equal "the program was not started" "" "$(cat out)"
    [ ! -e full.htrace ] || fail "an empty file remains"
}

# --- A limit on the size of files ------------------------------------------------------------------------------
limited() { (ulimit -f "$1" && "${@:2}"; exit $failures) || failures=$((failures + 1)); } # KIB COMMAND...
limited 512 busy -- 600000
stopped "the limit on the size of files" 200000
limited 512 busy -- 600000 --stacks --times --addresses
stopped "the limit on the size of files" 20000
limited 8 not_begun "File too large" "$halloc" trace -o full.htrace --
# The program's own limit still ends it: only the recorder looks first.
limited 256 status_of 153 "$halloc" trace -q -o own.htrace --below=halloc -- bash -c 'exec head -c 400000 /dev/zero >large'

# --- A full disk, by a filter on system calls --------------------------------------------------------------------
./refuse fallocate ENOSPC 0 true
if [ $? = 125 ]; then
    echo "no seccomp filters here: without them"
else
    busy ./refuse fallocate ENOSPC 300000 -- 600000
    stopped "no room on the disk" 140000
    busy ./refuse fallocate ENOSPC 8192 -- 600000 # a block, and not one more
    stopped "no room on the disk" 4000
    not_begun "No space left on device" ./refuse fallocate ENOSPC 0 "$halloc" trace -o full.htrace --
    # Without fallocate: zeros are written, and they may be refused.
    busy ./refuse fallocate EOPNOTSUPP 0 -- 600000
    equal "all is recorded without fallocate" 600001 "$(number full.htrace operations)"
    sound full.htrace
    busy ./refuse fallocate EOPNOTSUPP 0 ./refuse pwrite ENOSPC 300000 -- 600000
    stopped "no room on the disk" 140000
    # No room for the packed copy: the file stays as the recorder left it.
    status_of 7 ./refuse rename ENOSPC 0 "$halloc" trace -q -o full.htrace -- ./busy 600000
    line_in err '^halloc trace: full.htrace: 600,001 operations .*left as recorded, which can be read: cannot write .*No space left on device$'
    [ ! -e full.htrace.part ] || fail "half a copy remains"
    equal "operations, not packed" 600001 "$(number full.htrace operations)"
    sound full.htrace
    # Many threads stop, each in its place.
    status_of 0 ./refuse fallocate ENOSPC 300000 "$halloc" trace -o full.htrace -- ./threads
    line_in err 'recording stopped early: no room on the disk; .* of 7 threads'
    "$halloc" stat full.htrace >out 2>err || fail "what threads left: $(cat err)"
fi

# --- A small disk, where one can be mounted: half of it is left to the program ---------------------------------------
cat >small.sh <<'END'
mount -t tmpfs -o size=1M tmpfs small || exit 125
"$1" trace -o small/full.htrace -- ./busy 3000000 >out 2>err
echo $? >status
df --output=avail small | tail -1 >left
cp small/full.htrace .
"$1" gen uniform -o small/more.htrace --operations=1000000 2>more
echo $? >>status
ls small >files
END
mkdir small
if unshare -Urm bash small.sh "$halloc" 2>/dev/null; then
    equal "statuses" "7 1" "$(tr '\n' ' ' <status | sed 's/ $//')"
    (($(cat left) >= 400)) || fail "the recording left $(cat left) KiB of 1 MiB"
    sed -i 's|small/full|full|' err
    stopped "no room on the disk" 200000
    line_in more '^halloc gen: small/more.htrace: cannot write it: No space left on device$'
    equal "what is in the folder" full.htrace "$(cat files)"
else
    echo "no tmpfs can be mounted here: without it"
fi

# --- What is no file ---------------------------------------------------------------------------------------------
mkdir folder
mkfifo pipe
ln -s nowhere link
for what in "folder folder" "pipe pipe" "link symbolic link"; do
    name=${what%% *}
    status_of 1 "$halloc" trace -o "$name" -- ./busy 10
    line_in err "$name is a ${what#* }: not replaced by a trace"
    equal "the program was not started" "" "$(cat out)"
    for command in "gen uniform --operations=10" "import one.rep"; do
        printf '1\n1\n1\n1\na 0 1\n' >one.rep
        # shellcheck disable=SC2086
        status_of 1 "$halloc" $command -o "$name"
        line_in err "$name is a ${what#* }: not replaced by a trace"
    done
done
[ -d folder ] && [ -p pipe ] && [ -L link ] || fail "something was replaced"
# A device that is always full; by a link, so that nobody's device is at stake.
"$halloc" gen uniform -o some.htrace --operations=1000
ln -s /dev/full full
status_of 1 "$halloc" map some.htrace -o full
line_in err 'halloc map: cannot write full: No space left on device'
[ -L full ] || fail "halloc map has removed what is no file"
"$halloc" export some.htrace -o /dev/full 2>err && fail "export to a full device succeeds"
line_in err 'cannot write /dev/full: No space left on device'
finish "recording where there is no room"
