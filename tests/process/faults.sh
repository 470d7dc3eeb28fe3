#!/bin/bash
# Every system call for memory refused in turn under real programs: the k-th, and all from the k-th on.
# A program may find that there is no memory, and say so, and end; it must not crash.
. "$(dirname "$0")/lib.sh"

${CC:-gcc} -std=gnu17 -O2 -fPIC -shared -fvisibility=hidden -fexceptions -ftls-model=initial-exec \
    -DHALLOC_LIBRARY -DHALLOC_FAKE_PLATFORM -Wl,-z,nodelete -o fake.so "$source_dir/halloc.c"
library=$work/fake.so

# The program ended by itself, or aborted because it had no memory (perl, python3 and C++ do so).
fine() { # STATUS
    (($1 <= 128 || $1 == 134))
}

try() { # SCRIPT CONFIGURATION COMMAND: under this script, and what it made of it
    local status=0
    HALLOC_FAKE=$1 HALLOC_CONF=$2 on_halloc -- "${@:3}" >out 2>err </dev/null || status=$?
    ((status != 124)) || die "$1, $2, ${*:3}: hangs"
    fine "$status" || die "$1, $2, ${*:3}: status $status: $(head -c 500 err)"
    ! grep -q '^halloc: [a-z_]*(0x' err || die "$1, $2, ${*:3}: $(grep '^halloc:' err)"
    if ((status == 0)); then
        cmp -s out expected || die "$1, $2, ${*:3}: other output: $(head -c 300 out)"
    fi
}

each_in_turn() { # CONFIGURATION COMMAND; perl recurses without end where nothing at all is left
    local calls k step
    LD_PRELOAD='' "${@:2}" >expected 2>/dev/null </dev/null
    rm -f count
    HALLOC_FAKE=count HALLOC_FAKE_OUT=$work/count HALLOC_CONF=$1 on_halloc -- "${@:2}" >out
    cmp -s out expected || die "${*:2}: other output on halloc"
    calls=$(sort -n count | tail -n 1)
    ((calls >= 4)) || die "${*:2}: only $calls calls"
    step=$((1 + calls / 25))
    for ((k = 1; k <= calls + 1; k += k < 20 ? 1 : step)); do
        try "fail:$k" "$1" "${@:2}"
        [[ $2 == perl ]] || try "from:$k" "$1" "${@:2}"
    done
    echo "$calls calls refused in turn under $2${1:+, $1}"
}

python=$(python3 -c 'import sys; print(sys.executable)') # not a wrapper in shell
for conf in "" reserve:128M heap:classic; do
    each_in_turn "$conf" perl -e 'my @a = map { "x" x ($_ * 10) } 1..900; my $s = join "", @a; print length $s, "\n"'
    each_in_turn "$conf" sqlite3 :memory: \
        'create table t(a, b); with recursive n(i) as (select 1 union all select i + 1 from n where i < 8000)
         insert into t select i, hex(zeroblob(i % 500)) from n; select sum(length(b)), max(a) from t order by b;'
    PYTHONMALLOC=malloc each_in_turn "$conf" "$python" -S -c \
        'd = {str(i): [i] * (i % 9) for i in range(15000)}; b = [bytearray(3000000) for i in range(9)]; print(len(d), len(b))'
done
echo "no crash where memory is refused"
