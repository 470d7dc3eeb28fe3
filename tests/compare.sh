# compare.sh - two outcomes of one program, held against each other. Read by the tests of real programs
# (tests/programs/) and by the world (tests/world/). Both keep what came of a program in a folder.

# Prints how the outcomes differ; nothing where they don't.
differences() { # GLIBC HALLOC [NAME...]: of these names within the folders; else of all
    local one=$1 other=$2 name
    shift 2
    if ((!$#)); then
        diff -r --no-dereference "$one" "$other" || true
        return 0
    fi
    for name in "$@"; do
        diff -a --label "$name, glibc" --label "$name, halloc" -U1 "$one/$name" "$other/$name" || true
    done
}

# Prints what halloc said in any file of the outcome: a bad pointer, a wrong setting.
said_by_halloc() { # OUTCOME
    grep -rahs -m5 '^halloc:' "$1" || true
}
