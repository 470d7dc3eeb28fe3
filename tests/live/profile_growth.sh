#!/bin/bash
# `halloc profile --diff` and `halloc leaks --since`: what grew between two moments is told by stack, with estimates
# near the truth; what stayed is not, nor what was there before; files that are no profiles are refused by name.
. "$(dirname "$0")/lib.sh"
gcc -O1 -g -o site "$source_dir/tests/live/site.c" 2>err && gcc -O1 -g -o grow "$source_dir/tests/live/grow.c" 2>err ||
    die "does not compile: $(cat err)"

# 20,000 rounds more keep 20,000 objects of 1,024 bytes, 19.5 MiB. With a sample in 8 KiB that are 2,500; but the 10,000
# rounds before were sampled on their own: a deviation of 2.8 %, and 15 % is far off.
what="two saved profiles"
for rounds in 10000 30000; do
    "$halloc" profile --every=8K --to=pprof -o $rounds.pb -- ./site $rounds >out 2>err
    [ $? = 3 ] || die "$what: $(cat err)"
done
"$halloc" profile --diff 10000.pb 30000.pb >grown 2>err || fail "$what: $(cat err)"
line_in grown '^30000\.pb: [0-9.]+ MiB in use, [0-9.]+ MiB in 10000\.pb; estimates$'
line_in grown '^ +(1[7-9]|2[0-2])\.[0-9] MiB +[0-9]+ % +([89]|1[01])\.[0-9] MiB +keep_much \(site\.c:[0-9]+\) < main'
grep -q keep_nothing grown && fail "$what: what is not in use grew: $(cat grown)"
"$halloc" profile --diff 30000.pb 10000.pb >grown 2>err || fail "$what: $(cat err)"
line_in grown '^0 B more at 0 call sites, (1[89]|2[0-5])\.[0-9] MiB less at 2 call sites$'
line_in grown '^ +-(1[7-9]|2[0-2])\.[0-9] MiB +(2[6-9]|3[0-2])\.[0-9] MiB +keep_much \(site\.c:[0-9]+\) < main'
"$halloc" profile --every=8K --to=pprof -o none.pb -- true 2>err || fail "$what: $(cat err)"
"$halloc" profile --diff 30000.pb none.pb >gone 2>err || fail "$what: $(cat err)"
line_in gone '^ +-(2[6-9]|3[0-2])\.[0-9] MiB +(2[6-9]|3[0-2])\.[0-9] MiB +keep_much \(site\.c:[0-9]+\) < main'
"$halloc" profile --diff 30000.pb 30000.pb >grown 2>err || fail "$what: $(cat err)"
line_in grown '^0 B more at 0 call sites, 0 B less at 0 call sites$'
gzip -k 30000.pb
"$halloc" profile --diff 10000.pb 30000.pb.gz >zipped 2>err || fail "$what: compressed: $(cat err)"
line_in zipped '^ +(1[7-9]|2[0-2])\.[0-9] MiB .* keep_much'

what="one saved profile"
for command in profile leaks; do
    status_of 0 "$halloc" $command 30000.pb
    line_in out '^30000\.pb: [0-9.]+ MiB in use, [0-9.]+ .iB allocated'
    line_in out '^ +(2[6-9]|3[0-2])\.[0-9] MiB +[0-9]+ % +[0-9.]+ MiB +keep_much \(site\.c:[0-9]+\) < main'
    grep -q -e oldest -e '(0)' out && fail "$what: $command tells of ages or a process that are not known: $(cat out)"
done
status_of 0 "$halloc" leaks --since=10000.pb 30000.pb
line_in out '^ +(1[7-9]|2[0-2])\.[0-9] MiB .* keep_much'
status_of 0 "$halloc" profile --to=folded 30000.pb
line_in out ';keep_much [0-9]+$'
"$halloc" trace -q --stacks -o site.htrace ./site 1000 >/dev/null 2>err
status_of 0 "$halloc" leaks site.htrace
line_in out '^After the last operation, .* never freed'
line_in out 'blocks? from keep_much \(site\.c:[0-9]+\)'
status_of 2 "$halloc" leaks --top=2 site.htrace
line_in err '^halloc leaks: options have no effect on a trace'
status_of 1 "$halloc" leaks err
line_in err '^halloc leaks: err: '
if grep -q ZLIB_LIBRARY:FILEPATH=/ "$build_dir/CMakeCache.txt"; then
    status_of 0 "$halloc" profile --to=pprof -o squeezed.pb.gz 30000.pb
    gzip -t squeezed.pb.gz || fail "$what: not compressed"
    status_of 0 "$halloc" profile --to=pprof -o squeezed.pb.gz 30000.pb # a profile may be replaced
    gzip -dc squeezed.pb.gz | cmp - <("$halloc" profile --to=pprof 30000.pb) || fail "$what: differs when compressed"
fi

what="two samples of one stack" # of two entries of malloc, say: DHAT's viewer refuses two points of one stack
cat >double.py <<PYTHON
import json, sys
$protobuf
def number(value):
    return bytes([value & 127 | 128]) + number(value >> 7) if value > 127 else bytes([value])
if sys.argv[1] == "double":
    data = open("30000.pb", "rb").read()
    more = b"".join(b"\x12" + number(len(value)) + value for key, value in fields(data) if key == 2)
    open("double.pb", "wb").write(data + more)
else:
    one, two = (json.load(open(name))["pps"] for name in ("one.json", "two.json"))
    assert len(set(tuple(point["fs"]) for point in two)) == len(two) == len(one), two
    assert sum(point["tb"] for point in two) == 2 * sum(point["tb"] for point in one)
PYTHON
python3 double.py double || fail "$what: can't be made"
status_of 0 "$halloc" profile --to=dhat -o one.json 30000.pb
status_of 0 "$halloc" profile --to=dhat -o two.json double.pb
python3 double.py check || fail "$what: $(cat two.json)"

what="the formats"
"$halloc" profile --diff --to=folded 10000.pb 30000.pb >folded 2>err || fail "$what: $(cat err)"
awk '$1 ~ /;keep_much$/ { sum += $2 } END { exit !(sum > 17e6 && sum < 24e6) }' folded || fail "$what: $(cat folded)"
"$halloc" profile --diff --to=flame -o f.svg 10000.pb 30000.pb 2>err || fail "$what: $(cat err)"
line_in f.svg '>[12][0-9]\.[0-9] MiB in use in 30000\.pb, and not in 10000\.pb<'
"$halloc" profile --diff --to=pprof -o grown.pb 10000.pb 30000.pb 2>err || fail "$what: $(cat err)"
if command -v go >/dev/null; then
    go tool pprof -sample_index=inuse_space -top grown.pb >top 2>err || fail "$what: pprof: $(cat err)"
    line_in top '^File: site$'
    line_in top '^ *(1[7-9]|2[0-2])\.?[0-9]*MB .* keep_much$'
fi

gzip -c grown.pb >zipped.pb # as Go writes its profiles
"$halloc" profile --diff --to=pprof -o zipped.pb 10000.pb 30000.pb 2>err || fail "$what: over a compressed profile: $(cat err)"
cmp -s grown.pb zipped.pb || fail "$what: a compressed profile is not replaced"
printf '\n# a text that begins with an empty line\n' >text.md
echo text | gzip >text.gz
for other in text.md text.gz; do
    status_of 1 "$halloc" profile --diff --to=pprof -o $other 10000.pb 30000.pb
    line_in err "$other exists and is no pprof profile: not overwritten"
done

what="a process that grows"
mkfifo lines
exec 4<>lines
HALLOC_CONF=sample:8K LD_PRELOAD=$library ./grow <lines >said 2>err &
pid=$!
turn() { # NUMBER: it has done so many
    echo >&4
    soon eval "[ \$(wc -l <said) = $1 ]" || die "$what: it said nothing: $(cat err)"
}
turn 1
"$halloc" leaks --to=pprof -o before.pb "$pid" 2>err || fail "$what: $(cat err)"
"$halloc" leaks --since=before.pb "$pid" >same 2>err || fail "$what: $(cat err)"
line_in same '^0 B more at 0 call sites, 0 B less at 0 call sites$'
sleep 3
begun=$(date +%s)
turn 2
"$halloc" leaks --since=before.pb "$pid" >grown 2>err || fail "$what: $(cat err)"
line_in grown '^ +(1[6-9]|2[0-2])\.[0-9] MiB +100 % +[0-9]+ s +[0-9]+ s +keep_second \(grow\.c:[0-9]+\) < main'
grep -q keep_first grown && fail "$what: what was there before grew: $(cat grown)"
recent() { # what the first turn kept is two seconds too old; the second is seen if the command comes within one
    "$halloc" leaks --since=$(($(date +%s) - begun + 1)) "$pid" >grown 2>err && grep -q keep_second grown
}
for _ in {1..50}; do
    recent && break
done
line_in grown '^ +(1[6-9]|2[0-2])\.[0-9] MiB .* keep_second'
grep -q keep_first grown && fail "$what: the old is seen as new: $(cat grown)"
end

what="what is no profile"
echo '# a text' >text.pb
head -c 900 30000.pb >cut.pb
status_of 1 "$halloc" profile --diff 10000.pb nothing.pb
line_in err '^halloc profile: nothing\.pb: No such file'
status_of 1 "$halloc" profile --diff text.pb 10000.pb
line_in err '^halloc profile: text\.pb: is (a damaged|no) profile'
status_of 1 "$halloc" profile --diff 10000.pb cut.pb
line_in err '^halloc profile: cut\.pb: is (a damaged|no) profile'
python3 - <<'END' # two values, of which the second is -1
def field(number, data):
    return bytes([number << 3 | 2, len(data)]) + data
words = [b"", b"inuse_objects", b"inuse_space", b"bytes"]
types = field(1, b"\x08\x01\x10\x03") + field(1, b"\x08\x02\x10\x03")
sample = field(2, field(2, b"\x01" + b"\xff" * 9 + b"\x01"))
open("negative.pb", "wb").write(types + sample + b"".join(field(6, word) for word in words))
END
status_of 1 "$halloc" profile --diff 10000.pb negative.pb
line_in err '^halloc profile: negative\.pb: has values below 0'
# Bytes at random in a profile: an answer or a message, and nothing else.
python3 - "$halloc" <<'END' || fail "$what: a broken profile"
import random, subprocess, sys
whole = open("30000.pb", "rb").read()
for _ in range(40):
    data = bytearray(whole)
    for _ in range(random.randrange(1, 6)):
        data[random.randrange(len(data))] = random.randrange(256)
    open("broken.pb", "wb").write(data)
    status = subprocess.run([sys.argv[1], "profile", "--diff", "10000.pb", "broken.pb"], capture_output=True).returncode
    assert status in (0, 1), (status, data)
END
status_of 2 "$halloc" profile --diff 10000.pb
line_in err 'diff compares two files'
"$halloc" profile 10000.pb 30000.pb --diff >after 2>err || fail "--diff behind the files: $(cat err)"
line_in after 'MiB more at 2 call sites'
status_of 2 "$halloc" profile 1 2
line_in err 'one process at a time'
status_of 2 "$halloc" profile --diff 1 2 3
line_in err 'one word too many: 3'
status_of 2 "$halloc" leaks --since= 1
line_in err 'since needs a number of seconds, or the file'
finish "what grew between two moments"
