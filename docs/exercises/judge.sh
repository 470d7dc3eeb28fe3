# judge.sh - what the contracts that are C programs share. An NN-NAME.sh reads this, writes $work/contract.c, compiles it
# together with the file to judge, and runs it.
[ $# -eq 1 ] || { echo "which file? bash $0 FILE.c" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile_contract() { # FILE [COMPILER OPTION...]: $work/contract.c, which includes FILE, as $work/contract
    gcc -std=gnu17 -g "${@:2}" -DFILE_TO_JUDGE="\"$(realpath "$1")\"" "$work/contract.c" -o "$work/contract" || exit 1
}

# Runs a contract with one argument more, a word. The contract says the word on descriptor 3 when it has come to its
# end: your code, which runs in the same program, does not know it. Exits with 0 if the contract is kept.
judge() { # COMMAND...
    local word status
    word=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
    timeout "${CONTRACT_SECONDS:-100}" "$@" "$word" 3>"$work/kept"
    status=$?
    [ $status -ne 0 ] || [ "$(cat "$work/kept")" != "$word" ] || exit 0
    [ $status -ne 0 ] || echo "it ended before the contract did"
    [ $status -ne 124 ] || echo "it does not come to an end"
    return 1
}
