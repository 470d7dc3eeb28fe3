#!/bin/bash
# halloc run: exact figures, and a program that can't tell that it is looked at: output, input and exit
# status are its own.
. "$(dirname "$0")/lib.sh"
program requests

# --- Exact figures: what 1,000 requests more change -----------------------------------------------------
run_json ./requests exact 1 0 0 0
mv report.json less.json
run_json ./requests exact 1001 400 30 7
equal "its status" 0 $status
differs() { # KEY WANTED
    equal "$1, of 1,000 requests more" "$2" $(($(reported "main['$1']") - $(json "main['$1']" less.json)))
}
differs allocations 1000
differs frees 400
differs resizes 30
differs failures 7
differs requested_bytes $((1030 * 100))
differs granted_bytes $((1030 * 112))
differs live_blocks 600
differs live_bytes $((600 * 112))
differs peak_live_bytes $((1000 * 112))
[ "$(reported 'main["peak_rss_bytes"] > 2**19')" = True ] || fail "a peak RSS under half a MiB"
equal "waste, nearly all in slots of 112" "$(python3 -c 'print(f"{1 - 100 / 112:.4f}")')" "$(reported '"%.4f" % main["waste"]')"
[ "$(reported '0 <= main["fragmentation_at_peak"] < 0.5')" = True ] ||
    fail "full slabs, and a fragmentation of $(reported 'main["fragmentation_at_peak"]')"
[ "$(reported '0.3 < main["fragmentation_at_end"] < 0.7')" = True ] ||
    fail "a third was freed: a fragmentation of $(reported 'main["fragmentation_at_end"]')"

run_json ./requests threads 5
equal "threads, the first one included" "6 6" "$(reported '"%d %d" % (main["threads"], main["threads_peak"])')"

# --- The program's own: output, input, status --------------------------------------------------------------
"$halloc" run -o report -- bash -c 'cat; printf "a\0b\n"; echo err >&2' <<<in >out 2>err
printf 'in\na\0b\n' | cmp - out || fail "its output differs"
equal "its errors" err "$(cat err)"
for number in 0 3 255; do
    status_of $number "$halloc" run -- ./requests exit $number
    line_in err "^halloc run: requests: exit status $number after [0-9.]+ s; 1 process on halloc$"
done
for number in 9 11 15; do
    status_of $((128 + number)) "$halloc" run -- ./requests kill $number
    line_in err '^halloc run: requests: killed by SIG(KILL|SEGV|TERM)'
done
echo 'exit $#' >script # no #!: a shell's
chmod +x script
status_of 2 "$halloc" run -- ./script a b
(export IT=kept; "$halloc" run -o report -- sh -c 'echo $IT') >out 2>err
equal "the environment" kept "$(cat out)"

# --- Signals that somebody sends to the command alone -----------------------------------------------------
mkfifo ready
for signal in TERM INT; do
    # A background job of a shell ignores SIGINT, and so would all that it starts.
    env --default-signal=INT "$halloc" run -o report -- ./requests signal >ready 2>err &
    read -r _ <ready
    kill -$signal $!
    wait $!
    status=$?
    equal "a program told by SIG$signal" $((40 + $(kill -l $signal))) $status
    line_in report '^halloc run: requests: exit status'
done

# --- The report for people -----------------------------------------------------------------------------------
"$halloc" run -o short -- ./requests exact 1500 2 0 0 2>err || fail "a status"
[ -s err ] && fail "with -o something on stderr as well: $(cat err)"
line_in short '^  requests +1,5[0-9]{2} allocations, '
line_in short '^  memory +peak live 16[0-9].[0-9] KiB, peak resident [0-9.]+ MiB; live at the end '
line_in short '^  heap +process, segregated fit'
line_in short '^  waste +[0-9.]+% inside what was granted; of [0-9.]+ KiB carved at the peak [0-9.]+% held nothing$'
line_in short '^  threads +1, at most 1 at once$'
[ "$(wc -l <short)" -le 8 ] || fail "the short report has $(wc -l <short) lines"
# One thing is one; and a classic heap, which counts neither threads nor what lies between its blocks, says nothing of them.
"$halloc" run -o one -- ./requests exact 10 0 1 0 2>err || fail "a status"
line_in one ' 1 resize, 0 failures$'
grep -E '\b1 (resizes|frees|allocations|failures|blocks|slabs|mappings|finds|inserts|removes|processes)\b' one short && fail "one of many"
"$halloc" run -o classic --heap classic -- ./requests exact 1500 2 0 0 2>err || fail "a status"
grep -E 'threads|carved|held nothing' classic && fail "what a classic heap does not count"
status_of 0 "$halloc" run --stats --fit best -- ./requests exact 1500 2 0 0
for label in allocations frees resizes failures requested granted 'peak live' 'live at the end' 'peak resident' slabs \
    'large blocks' region fragmentation 'system calls' threads 'remote frees'; do
    line_in err "^  $label  +[0-9]"
done
line_in err '^  heap +process, best fit; its policy made [1-9]'
status_of 0 "$halloc" run --heap=classic --fit worst --stats -- ./requests exact 1500 2 0 0
line_in err '^  heap +classic, worst fit; its policy made [1-9]'
line_in err '^  region +[1-9].*of which [1-9]'
LC_ALL=C grep -q $'[\x80-\xff\033]' short err && fail "colours or other than ASCII without a terminal"
if command -v script >/dev/null; then
    script -qec "TERM=xterm $halloc run ./requests exit 0" /dev/null </dev/null | grep -q $'\033\\[' ||
        fail "no colours on a terminal"
    script -qec "NO_COLOR=1 TERM=xterm $halloc run ./requests exit 0" /dev/null </dev/null | grep -q $'\033\\[' &&
        fail "NO_COLOR is ignored"
fi

# --- For machines ------------------------------------------------------------------------------------------------
run_json ./requests exit 3 $'a "quote", a \\, a tab\t, \xc3\xa9 and \xff'
python3 -m json.tool report.json >/dev/null || fail "no JSON"
equal "an odd argument" 'a "quote", a \, a tab'$'\t'', \xe9 and \ufffd' \
    "$(reported 'report["command"][3].encode("ascii", "backslashreplace").decode()')"
equal "its end" "{'status': 3, 'signal': None, 'signal_name': None}" "$(reported 'report["exit"]')"
for key in version command exit elapsed_ns user_seconds system_seconds peak_rss_bytes on_halloc why_not left_out processes total; do
    [ "$(reported "'$key' in report")" = True ] || fail "no $key in the report"
done
# Every counter of the sources is there under its name.
for key in $(sed -n '/^struct counters {/,/^}/s/^ *uint64_t \([a-z_, ]*\);.*/\1/p' "$source_dir/src/base/counters.h" | tr -d ,); do
    case $key in magic | ended | *_inherited) continue ;; esac
    [ "$(reported "'$key' in main")" = True ] || fail "no $key in a process's record"
done
run_json ./requests kill 15
equal "its end" "{'status': None, 'signal': 15, 'signal_name': 'SIGTERM'}" "$(reported 'report["exit"]')"

# --- Words that it does not understand, and what can't be done ------------------------------------------------------
status_of 127 "$halloc" run -- nosuchprogram
line_in err "^halloc run: cannot run 'nosuchprogram': No such file"
status_of 127 "$halloc" run -- ./nosuchprogram
touch plain
status_of 126 "$halloc" run -- ./plain
line_in err "^halloc run: cannot run './plain': Permission denied$"
status_of 1 "$halloc" run -o nosuch/report -- ./requests exit 0
line_in err '^halloc run: cannot write nosuch/report: No such file'
echo 'int main(void);' >kept.c
cp kept.c before.c
status_of 1 "$halloc" run -o kept.c -- sh -c 'echo ran'
line_in err '^halloc run: kept.c exists and is no report: not overwritten$'
[ -s out ] && fail "the program ran all the same"
cmp kept.c before.c || fail "a report in place of a source"
for form in --stats --json; do
    status_of 0 "$halloc" run $form -o again -- ./requests exit 0
    status_of 0 "$halloc" run -o again -- sh -c 'ls again*' # a report may follow a report
    equal "what a program sees of the report: the one before" again "$(cat out)"
    line_in again '^halloc run: sh: exit status 0'
done
TMPDIR=$work/nosuch status_of 1 "$halloc" run -- ./requests exit 0
line_in err "^halloc run: cannot make a file for the counters, $work/nosuch/"
status_of 0 "$halloc" run -o /dev/full -- ./requests exit 0
line_in err '^halloc run: cannot write /dev/full: No space left'
status_of 2 "$halloc" run
line_in err '^halloc run: no program to run'
status_of 2 "$halloc" run --nonsense -- ./requests exit 0
line_in err "^halloc run: '--nonsense' is not an option"
status_of 2 "$halloc" run --fit
line_in err '^halloc run: --fit needs a value'
status_of 2 "$halloc" run --heap nonsense ./requests exit 0
line_in err '^halloc run: --heap nonsense: there are two heaps: process, classic$'
status_of 2 "$halloc" run --fit nonsense -- sh -c 'echo ran'
[ -s out ] && fail "an unknown policy, and it ran"
line_in err '^halloc run: --fit nonsense: no such policy; there are: bump, first, next, best, worst, segregated, buddy, tlsf$'
status_of 2 "$halloc" nonsense
line_in err "^halloc: 'nonsense' is not a command"
status_of 0 "$halloc" --version
line_in out '^halloc [0-9]+\.[0-9]+\.[0-9]+$'
for words in "--help" "run --help" "tour --help"; do
    status_of 0 "$halloc" $words
    line_in out '^usage: halloc '
done

# --- Names with a new line or an escape in them: whole, and in one line -------------------------------------------
odd=$'./o\nd\033d'
cp requests "$odd"
status_of 0 "$halloc" run --stats -- "$odd" exit 0
line_in err '^halloc run: o\?d\?d: exit status 0 after '
line_in err '^o\?d\?d, process [0-9]+ of parent [0-9]+: exit status 0$'
status_of 5 "$halloc" run --stats -- "$odd" _exit
line_in err '^o\?d\?d, process [0-9]+ of parent [0-9]+: exit status 5, by _exit$'
for words in "run --" stat export; do
    "$halloc" $words $'./no\nd\033d' >out 2>err
    equal "halloc $words and an odd name: lines" 1 "$(wc -l <err)"
    line_in err '^halloc [^?]*\./no\?d\?d'
done

# --- A command without its library, and in a folder that LD_PRELOAD can't name -------------------------------------
mkdir alone 'a folder'
cp "$halloc" alone/ && cp "$halloc" "$(dirname "$halloc")"/libhalloc.so.? 'a folder'/
status_of 1 alone/halloc run -- sh -c 'echo ran'
line_in err "^halloc run: cannot find libhalloc.so.[0-9]+: it is neither in $work/alone nor in $work/alone/"
status_of 1 'a folder/halloc' run -- sh -c 'echo ran'
line_in err "^halloc run: LD_PRELOAD can't hold a path with a space or a colon: $work/a folder/libhalloc"
[ -s out ] && fail "it ran all the same"

# --- Nothing stays ---------------------------------------------------------------------------------------------------
mkdir temporary
TMPDIR=$work/temporary "$halloc" run -- sh -c 'ls -l temporary' >out 2>err
line_in out '^-rw------- .* halloc-run-......$'
rmdir temporary || fail "files stay in TMPDIR"
finish "figures, output, status, signals, words"
