# lib.sh - what the tests of `halloc lab` share: a policy with a planted mistake, looks into the verdict.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

planted() { # MISTAKE [ARGUMENT...]: checks planted.c with it; JSON in out, status in $status
    cp -n "$test_dir/planted.c" .
    CC="${CC:-gcc} -DMISTAKE=$1" "$halloc" lab check planted.c --json "${@:2}" >out 2>err
    status=$?
}

# A Python expression over `out`.
json() { # EXPRESSION
    python3 - "$1" <<'PYTHON'
import json, sys
verdict = json.load(open("out"))
value = eval(sys.argv[1])
print(*value if isinstance(value, tuple) else (value,))
PYTHON
}
