#!/bin/bash
# clang has nothing to say of the command, the recorder and the replayer. The library and the unit tests are also built
# by it and run (the preset clang).
. "$(dirname "$0")/lib.sh"
command -v clang >/dev/null || skip "no clang"

mapfile -d '' definitions < <(python3 - "$HALLOC_BUILD/compile_commands.json" <<'END'
import json, shlex, sys
words = {word for entry in json.load(open(sys.argv[1])) if "/tools/" in entry["file"]
         for word in shlex.split(entry["command"]) if word.startswith("-DHALLOC_") and word != "-DHALLOC_LIBRARY"}
print(*sorted(words), sep="\0", end="\0")
END
)
((${#definitions[@]} > 3)) || fail "the build's definitions are not found"
look() { # FILE...: prints what clang says of them
    clang -fsyntax-only -std=gnu17 -Wall -Wextra -Werror "${definitions[@]}" -I. "$@" 2>&1
}
mapfile -t files < <(find tools -name '*.c' | sort)
look "${files[@]}" >"$work/log" || fail "$(grep -E 'error' -A 3 "$work/log" | head -40)"

# It would say so.
{ cat tools/main.c && echo 'static int nobody_calls_this(void) { return 0; }'; } >"$work/planted.c"
look -iquote tools "$work/planted.c" >"$work/log" && fail "a function that nobody calls is not told"
grep -q nobody_calls_this "$work/log" || fail "it says something else: $(head -3 "$work/log")"
finish "clang reads ${#files[@]} files"
