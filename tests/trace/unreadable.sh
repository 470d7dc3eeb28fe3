#!/bin/bash
# What can't be read is named with its reason: a folder, an empty file, a device; and what comes through a pipe may be
# compressed.
. "$(dirname "$0")/lib.sh"
printf '# a script\na 0 100\na 1 200\nf 0\n' >small.script
"$halloc" import small.script 2>err || die "import: $(cat err)"
"$halloc" export --to=pprof -o small.pb small.htrace || die "export"
mkdir folder
: >empty

refused() { # PATTERN COMMAND...
    local pattern=$1
    shift
    status_of 1 "$halloc" "$@"
    line_in err "$pattern"
}
for file in folder:'Is a directory' empty:'the file is empty' /dev/null:'not a regular file' none:'No such file'; do
    name=${file%%:*}
    for command in stat "map -o m.html" "explain --at peak" "diff --with first,best" export "replay --with first"; do
        refused "^halloc ${command%% *}: $name: .*${file#*:}" $command "$name"
    done
done
refused '^halloc stat: folder: cannot read it: Is a directory' stat folder
refused '^halloc import: folder: cannot read it: Is a directory' import -o i.htrace folder
refused '^halloc import: /dev/null: .*empty' import -o i.htrace /dev/null
timeout 300 "$halloc" import -o i.htrace /dev/zero 2>err
equal "what has no end" "1 halloc import: /dev/zero: at byte 0: line 1: has a byte of 0, so it is no text" "$? $(cat err)"
refused '^halloc why: folder: Is a directory' why folder
refused '^halloc profile: folder: Is a directory' profile --diff folder small.pb
status_of 2 "$halloc" lab check folder
line_in err '^halloc lab check: cannot read folder: Is a directory'
[ ! -e i.htrace ] || fail "a trace was left"

for tool in gzip zstd; do
    command -v $tool >/dev/null || continue
    $tool -c -q small.script >small.packed
    cat small.packed | "$halloc" import -o piped.htrace - 2>err || fail "$tool through a pipe: $(cat err)"
    equal "$tool through a pipe" 3 "$(number piped.htrace operations)"
    mkfifo named
    cat small.packed >named &
    "$halloc" import -o named.htrace named 2>err || fail "$tool through a named pipe: $(cat err)"
    equal "$tool through a named pipe" 3 "$(number named.htrace operations)"
    rm named
    head -c 20 small.packed | "$halloc" import -o cut.htrace - 2>err && fail "$tool, cut off: no complaint"
    line_in err 'the file is damaged'
done

# Of a trace that is cut off it is said how much was used, as other figures are written.
lua=$source_dir/traces/lua.htrace
head -c $(($(stat -c %s "$lua") / 2)) "$lua" >half.htrace
status_of 1 "$halloc" stat half.htrace
line_in err '^halloc stat: the [0-9]{3},[0-9]{3} operations before that were used$'
head -c 1000 "$lua" >start.htrace
status_of 1 "$halloc" stat start.htrace
line_in err '^halloc stat: nothing before that could be used$'
finish "files that can't be read"
