#!/bin/bash
# halloc run reports every process, however it ended: by exit, _exit, exec, a signal; and finds the
# counters in children that closed all files or sit in pipelines.
. "$(dirname "$0")/lib.sh"
program requests

run_json ./requests _exit
equal "_exit: status" 5 $status
equal "_exit" "1 _exit 10 4" \
    "$(reported '"%d %s %d %d" % (len(all), main["ended"], main["allocations"], main["frees"])')"
run_json ./requests kill 9
equal "SIGKILL: status" 137 $status
equal "SIGKILL" "1 signal 10 4" \
    "$(reported '"%d %s %d %d" % (len(all), main["ended"], main["allocations"], main["frees"])')"
[ "$(reported 'main["peak_rss_bytes"] > 2**19')" = True ] || fail "SIGKILL: no peak RSS from the kernel"
run_json ./requests close
equal "all files closed: status" 6 $status
equal "all files closed" "1010" "$(reported 'main["allocations"]')"

# --- exec: one process, two programs, two records ------------------------------------------------------------
run_json ./requests exec
equal "exec" "2 1 10 3 exit" "$(reported '"%d %d %d %d %s" % (len(all), report["total"]["processes"],
    by("exec")[0]["allocations"], main["allocations"], main["ended"])')"
cp requests another
"$halloc" run --stats -- ./requests cleared-exec ./another 2>err
line_in err "^halloc run: it ended as 'another', without a record"
line_in err "^requests, process .*: exit status 0, as 'another'"
run_json ./requests cleared-exec ./another
equal "exec without the environment" "1 _exit or exec another" \
    "$(reported '"%d %s %s" % (len(all), main["ended"], report["last_name"])')"

# --- fork: the child starts from what it inherits -----------------------------------------------------------
for how in fork fork-_exit; do
    run_json ./requests $how
    child='[record for record in all if not record["is_command"]][0]'
    equal "$how: processes" 2 "$(reported 'len(all)')"
    equal "$how: the parent" "10 0 10" \
        "$(reported '"%d %d %d" % (main["allocations"], main["frees"], main["live_blocks"])')"
    equal "$how: the child" "7 2 10 15" "$(reported \
        "'%d %d %d %d' % tuple(($child)[key] for key in ('allocations', 'frees', 'inherited_blocks', 'live_blocks'))")"
    equal "$how: slabs of both" True "$(reported "($child)['slabs'] == main['slabs'] > 0 == ($child)['slabs_made']")"
    equal "$how: the child's parent" True "$(reported "($child)['parent'] == main['pid']")"
    equal "$how: the sum" 17 "$(reported 'report["total"]["allocations"]')"
done
equal "a child's _exit" "_exit, signal or exec None" \
    "$(reported '"%s %s" % (by("_exit, signal or exec")[0]["ended"], by("_exit, signal or exec")[0]["peak_rss_bytes"])')"
"$halloc" run --stats -- ./requests fork 2>err
line_in err '^all of it: 2 processes, 2 programs$'
line_in err '^  inherited +10 blocks'

# --- Many: a pipeline, make, one that outlives the command --------------------------------------------------
run_json bash -c 'seq 1000 | sort -rn | head -1 | cat'
equal "a pipeline's output" 1000 "$(cat out)"
for name in seq sort head cat; do
    equal "$name in a pipeline" 1 "$(reported "len([1 for record in all if record['program'] == '$name' and record['ended'] == 'exit'])")"
done
if command -v make >/dev/null; then
    printf 'all: a b c\na b c:\n\t@sh -c "ls Makefile >/dev/null; echo $@"\n' >Makefile
    run_json env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -j2
    equal "make's output" "a b c" "$(sort out | tr '\n' ' ' | sed 's/ $//')"
    [ "$(reported 'report["total"]["processes"] >= 4')" = True ] || fail "make: too few processes"
else
    echo "note: no make here"
fi
mkfifo go ready
"$halloc" run --json -o report.json -- \
    bash -c '(echo >ready; read -r _ <go; ls nosuch; echo over) >later 2>&1 & read -r _ <ready; echo $!' >out
equal "one that outlives the command" 1 "$(reported 'len(by("still at work"))')"
echo go >go
soon grep -q over later
equal "what it writes, with the counters' file gone" "ls: cannot access 'nosuch': No such file or directory over" "$(tr '\n' ' ' <later | sed 's/ $//')"

# More processes than the report holds: the rest is counted, and nothing breaks.
# The last child, which takes 20 MB, does not count in its parent's place.
run_json bash -c 'for index in {1..1100}; do ( ((index < 1100)) || printf -v text "%20000000s" x); done; echo done'
equal "1,100 children: output" "done" "$(cat out)"
equal "1,100 children" "1024 77" "$(reported '"%d %d" % (len(all), report["left_out"])')"
equal "1,100 children: the parent's peak" True "$(reported 'main["peak_live_bytes"] < 10000000')"

# --- One in another ---------------------------------------------------------------------------------------------
"$halloc" run --json -o outer.json -- "$halloc" run --json -o inner.json -- ./requests exit 7
equal "nested: status" 7 $?
equal "nested: the inner one" "requests exit 1" "$(json '"%s %s %d" % (main["program"], main["ended"], len(all))' inner.json)"
equal "nested: the outer one" "halloc exit" "$(json '"%s %s" % (main["program"], main["ended"])' outer.json)"
finish "_exit, exec, fork, signals, pipelines, nesting"
