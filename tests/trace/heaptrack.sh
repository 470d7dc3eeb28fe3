#!/bin/bash
# heaptrack's data files come in with their call sites: peak, calls and the ten largest sites at the peak are those that
# heaptrack_print tells. Files of zstd and gzip are unpacked; what is wrong in a file is named.
. "$(dirname "$0")/lib.sh"

# Three stacks: main < start; grow < inlined into fill < main; operator new < make < main.
strings='program /usr/bin/program main main.c grow grow.c fill operator@new(unsigned@long) make libx.so'
data_of() { # FORMAT: a file of ours; strings have lengths from 3 on
    local word
    echo "v 10400 $1"
    echo "X program --fast"
    echo "I 1000 5dcf1a"
    for word in $strings; do
        word=${word//@/ }
        [ "$1" -ge 3 ] && printf 's %x %s\n' "${#word}" "$word" || printf 's %s\n' "$word"
    done
    cat <<'END'
i 401000 2 3 4 c
i 402000 2 5 6 a6 7 4 14
i 7f0000 a 8
i 403000 2 9
i 404000 a
t 1 0
t 2 1
t 4 1
t 3 3
t 5 1
a 64 1
a 3e8 2
a 10 4
a 20 5
+ 0
+ 1
+ 1
c fa
- 1
+ 1
+ 2
# at the peak: 100 + 2,000 + 16
- 1
- 1
+ 3
R 1f0
c 1f4
END
}
sites() { # FILE: what is live at the peak, and the stack, a line a site
    "$halloc" stat --json "$1" >json 2>err || fail "$1: $(cat err)"
    json "\"\\n\".join(f\"{site['peak_bytes']} {site['objects']} {' < '.join(site['frames'])}\" for site in it['sites'])" json
}

data_of 3 >three
data_of 1 >one
zstd -q three
gzip -k one
cat >wanted <<'END'
2000 3 grow (grow.c:166) < fill (main.c:20) < main (main.c:12)
100 1 main (main.c:12)
0 1 0x404000 (libx.so) < main (main.c:12)
16 1 make (program) < main (main.c:12)
END
for file in three.zst one.gz one; do
    status_of 0 "$halloc" import -o "$file.htrace" $file
    line_in err "$file.htrace: 9 operations"
    equal "$file: peak" 2116 "$(number $file.htrace peak_bytes)"
    equal "$file: never freed" $((100 + 16 + 32)) "$(number $file.htrace never_freed_bytes)"
    equal "$file: nanoseconds" 500 "$(($(number $file.htrace duration_ns) / 1000000))"
    sites $file.htrace >seen
    diff wanted seen || fail "$file: the sites differ"
done
status_of 0 "$halloc" import -o piped.htrace - <one
status_of 0 "$halloc" import three.zst
equal "the name of the trace" 2116 "$(number three.htrace peak_bytes)"
# Exports by call site know the names.
"$halloc" export --to=folded three.htrace >folded 2>err || fail "folded: $(cat err)"
line_in folded '^program;main;fill;grow 2000$|main;fill;grow 2000$'

# What was compiled into the program from C++'s own headers is left out where there is little room. It is not lost.
data_of 3 | sed -e 's/^s 4 grow$/s 1c std::vector<int>::grow(int)/' -e 's/^s 4 fill$/s f app::fill(int*)/' >headers
status_of 0 "$halloc" import headers
"$halloc" explain headers.htrace >out 2>err || fail "explain: $(cat err)"
line_in out '2 blocks from app::fill \(main\.c:20\) < main \(main\.c:12\), '
line_in <("$halloc" stat headers.htrace) 'std::vector<int>::grow\(int\) \(grow\.c:166\)'
sites headers.htrace >seen
line_in seen '^2000 3 std::vector<int>::grow\(int\) \(grow\.c:166\) < app::fill\(int\*\) \(main\.c:20\) < main'

wrong() { # WHAT SCRIPT MESSAGE: the file after sed
    data_of 3 | sed "$2" >wrong.data
    status_of 1 "$halloc" import -o wrong.htrace wrong.data
    line_in err "wrong.data: at byte [0-9,]+: line [0-9]+: $3"
}
wrong "a kind that is not there" 's/^+ 3/+ 4/' 'a kind of object that is not there: \+ 4'
wrong "a free of no kind" 's/^- 1/-/' 'a kind of object that is not there: -'
wrong "a stack of no address" 's/^t 5 1/t 6 1/' 'a stack of an address or a caller that is not there: t 6 1'
wrong "a caller that comes later" 's/^t 5 1/t 5 5/' 'a stack of an address or a caller'
wrong "a stack that is not there" 's/^a 20 5/a 20 6/' 'a kind of object with a stack that is not there'
wrong "a later format" 's/^v 10400 3/v 10900 4/' "heaptrack's format 4, and this command reads 1 to 3"
wrong "raw data" 's/^X .*/x program/' "heaptrack's raw data"
wrong "no operations" '/^[-+]/d' 'it has no operations'
# A free of a kind of which nothing lives: what began before heaptrack was there.
data_of 3 | sed 's/^- 1/- 3/' >before
status_of 0 "$halloc" import before
line_in <("$halloc" stat --json before.htrace) '"unknown free": 3,'
# A file that is cut off: what precedes is there.
head -c $(($(stat -c %s three.zst) - 9)) three.zst >cut.zst
status_of 1 "$halloc" import cut.zst
line_in err 'damaged'

if ! command -v heaptrack >/dev/null || ! command -v heaptrack_print >/dev/null; then
    finish "files of our own; heaptrack is not here"
fi
agrees() { # NAME COMMAND...: what heaptrack_print tells of it, and what we do
    local name=$1
    shift
    heaptrack -o "$name" "$@" >out 2>err || { fail "heaptrack $name: $(tail -n 3 out err)"; return; }
    heaptrack_print --merge-backtraces=0 --peak-limit=10 -a 0 -T 0 -l 0 "$name.zst" >print 2>err ||
        fail "heaptrack_print $name: $(cat err)"
    status_of 0 "$halloc" import "$name.zst"
    "$halloc" stat --json "$name.htrace" >json 2>err || fail "$name: $(cat err)"
    python3 - "$name" <<'END' || fail "$name: heaptrack_print tells something else: $(tail -n 6 print)"
import json, re, sys
it = json.load(open("json"))
text = open("print").read()
def words(size): # as heaptrack writes bytes
    unit = 0
    size = float(size)
    while unit < 4 and size > 1000:
        size /= 1000
        unit += 1
    return f"{size:.2f}{'BKMGT'[unit]}" if unit else f"{int(size)}B"
tail = re.search(r"calls to allocation functions: (\d+).*?peak heap memory consumption: (\S+)", text, re.S)
assert int(tail[1]) == it["objects"], ("calls", tail[1], it["objects"])
assert tail[2] == words(it["peak_bytes"]), ("peak", tail[2], words(it["peak_bytes"]))
theirs = re.findall(r"^(\S+) peak memory consumed over (\d+) calls from\n +(.*)", text, re.M)
assert len(theirs) >= 5, theirs
mine = sorted(it["sites"], key=lambda site: -site["peak_bytes"])[:len(theirs)]
def name(frame): # without parameters and places
    return re.split(r"[ (<]", frame)[0]
one = sorted((size, int(calls), "" if "operator new" in function else name(function)) for size, calls, function in theirs)
other = sorted((words(site["peak_bytes"]), site["objects"], name(site["frames"][0])) for site in mine)
last = theirs[-1][0] # of several that are as large as the tenth, any may be the tenth
for left, right in zip(one, other):
    assert left[0] == right[0], (left, right)
    assert left[0] == last or (left[1] == right[1] and (not left[2] or left[2] == right[2])), (left, right)
END
}
export PYTHONMALLOC=malloc
agrees python3 /usr/bin/python3 -S -c 'import json; json.loads(json.dumps([{"a": i} for i in range(2000)]))'
echo 'local t = {} for i = 1, 3000 do t[i] = { "row " .. i } end' >rows.lua
agrees lua lua5.4 rows.lua
printf '#include <utility>\nint main() { return std::pair<int, int>(0, 1).first; }\n' | g++ -E -x c++ - >small.ii
agrees cc1plus "$(g++ -print-prog-name=cc1plus)" -quiet -fpreprocessed -o small.s small.ii
finish "heaptrack's files"
