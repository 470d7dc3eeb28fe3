# lib.sh - what the tests of `halloc lab` share: a policy with a planted mistake, looks into the verdict.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
json_words='verdict = it'

planted() { # MISTAKE [ARGUMENT...]: checks planted.c with it; JSON in out, status in $status
    cp -n "$test_dir/planted.c" .
    CC="${CC:-gcc} -DMISTAKE=$1" "$halloc" lab check planted.c --json "${@:2}" >out 2>err
    status=$?
}
