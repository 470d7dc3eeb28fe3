#!/bin/bash
# A policy can't judge itself: what its file does while it is loaded, or tries on the process that judges it, is a
# failure of its own. The verdict is one JSON object, and the exit status says the same.
. "$(dirname "$0")/lib.sh"
cp "$test_dir/hostile.c" .

number_of() { # NAME
    awk -v name="$1" '$1 == "#define" && $2 == name { print $3 }' hostile.c
}

judged() { # NAME STATUS [ARGUMENT...]: the verdict in out
    local name=$1 wanted=$2
    seen="$seen $1"
    CC="${CC:-gcc} -D_GNU_SOURCE -I$source_dir -DTRICK=$(number_of "$name")" timeout -k 5 300 "$halloc" lab check hostile.c --json --limit 0.3 \
        "${@:3}" >out 2>err </dev/null
    equal "$name: status" "$wanted" $?
    said=$(json '"%s %s %s %s" % tuple(verdict.get(word) for word in ("passed", "rule", "hook", "message"))')
    equal "$name: passed" "$([ "$wanted" = 0 ] && echo True || echo False)" "${said%% *}"
}

fails() { # NAME RULE HOOK [PART-OF-THE-MESSAGE]
    judged "$1" 1
    [[ $said == "False $2 $3 "*"${4:-}"* ]] || fail "$1: $2 in $3, and a message with '${4:-}', not: $said"
}

seen=""
CC="gcc -D_GNU_SOURCE -DTRICK=0" status_of 0 "$halloc" lab check hostile.c
fails PASSES_BY_ITSELF exit constructor "status 0"
fails LOOPS_WHEN_LOADED hang constructor "while the file was loaded"
fails ABORTS_WHEN_LOADED abort constructor
fails ALLOCATES_IN_FIND allocates find "find called malloc"
fails ALLOCATES_IN_INSERT allocates insert "insert called malloc"
fails ALLOCATES_IN_REMOVE allocates remove "remove called calloc"
fails FREES_IN_REMOVE allocates remove "remove called free"
fails ALLOCATES_IN_TAKE allocates take "take called realloc"
fails ALLOCATES_IN_MERGE allocates may_merge "may_merge called posix_memalign"
fails ALLOCATES_IN_ROUND allocates round_size "round_size called aligned_alloc"
fails ALLOCATES_IN_PIECE allocates piece "piece called "

# To print is no mistake on trial, but it is said what it would be in a program.
judged PRINTS 0
equal "it prints" True "$(json 'verdict["prints"]')"
CC="gcc -D_GNU_SOURCE -DTRICK=$(number_of PRINTS)" status_of 0 "$halloc" lab check hostile.c
line_in out 'note: it prints'
line_in out '^  \| find of ' 
# There is nothing to read, so who reads does not wait.
fails READS allocates find

# What a plain gcc takes compiles here, and is told of. What C does not know does not compile.
seen="$seen RETURNS_NOTHING"
CC="gcc -D_GNU_SOURCE -DTRICK=$(number_of RETURNS_NOTHING)" "$halloc" lab check hostile.c --limit 0.3 >out 2>err
[ $? -ne 2 ] || fail "without a return it does not compile"
line_in err 'warning: .*Wreturn-type'
judged CALLS_NOBODY 2
line_in err 'undefined symbol: nobody'
echo '#include "/dev/zero"' >endless.c
status_of 2 "$halloc" lab check endless.c
line_in err 'endless.c does not compile'

# The race judges as well.
"$halloc" gen phases -o a.htrace --operations=2000 --live=50 || fail gen
race() { # NAME STATUS
    seen="$seen $1"
    CC="gcc -D_GNU_SOURCE -DTRICK=$(number_of "$1")" timeout -k 5 300 "$halloc" lab race hostile.c a.htrace --limit 0.3 \
        "${@:3}" >out 2>err </dev/null
    equal "race, $1: status" "$2" $?
}
race PASSES_BY_ITSELF 1
grep -q passed out && fail "the race prints what a constructor printed"
race LOOPS_WHEN_LOADED 1
line_in err 'it does not come to an end within 0.3 s, while the file was loaded'
race PRINTS 0 --json
equal "the race's board is JSON" True "$(json 'verdict["policy"] == "hostile"')"

# Who searches without halloc_probe is counted all the same.
own_probes() { # NAME
    race "$1" 0 --json
    probes=$(json '[entry["probes"] for entry in verdict["boards"][0]["policies"] if entry["name"] == "hostile"][0]')
}
own_probes PRINTS
honest=$probes
own_probes READS_BYTES
equal "sizes that are read byte by byte" "$honest" "$probes"
own_probes HIDES_SIZES
[ "$probes" -gt "$honest" ] || fail "sizes that are noted elsewhere: $probes probes, and first fit makes $honest"
fails TAKES_BACK uncounted find "took probes back"
race HIDES_READS 2
line_in err 'uses `no_sanitize`, so its probes can.t be counted'

# It says that it is done: the judge repeats what it chose, and does not come to that end.
fails FORGES forged None "an end that its choices do not lead to"
fails PRETENDS crash constructor
judged FLOODS 0
fails FLOODS_OVER prints-too-much find "more than 16 MiB"
equal "a shorter trace, without frees, is not looked for: each attempt would print as much" True \
    "$(json 'any(call.startswith("free") for call in verdict["minimal_trace"])')"

# Where the kernel can keep a process to itself.
if grep -q '^Seccomp' /proc/self/status; then
    fails KILLS_WHEN_LOADED reaches-out constructor "it called kill"
    fails KILLS_THE_GROUP reaches-out constructor "it called kill"
    fails KILLS_IN_FIND reaches-out find "it called kill, in find"
    fails FORKS reaches-out find
    fails EXECUTES reaches-out find "it called exec"
    fails TRACES reaches-out find "it called ptrace"
    fails LIMITS reaches-out constructor "it called prlimit"
    fails WRITES_A_FILE reaches-out constructor "it called open, to write"
    fails CONNECTS reaches-out constructor "it called socket"
    fails SENDS_BY_FILE reaches-out constructor "it called fcntl"
    [ ! -e /tmp/hostile-was-here ] || fail "it wrote a file"
    race KILLS_WHEN_LOADED 1
    race KILLS_IN_FIND 1
    for name in $(sed -nE 's/^#define ([A-Z_]+) +[0-9].*/\1/p' hostile.c); do
        [[ " $seen " == *" $name "* ]] || fail "nobody tries $name"
    done
fi
finish "tricks:$seen"
