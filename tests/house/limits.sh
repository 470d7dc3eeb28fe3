#!/bin/bash
# No test fails for the machine's being busy: ctest gives each ten minutes, ten times what the slowest may need on a
# quiet machine; and what a test ends by itself, lest it hang, has five at least.
. "$(dirname "$0")/lib.sh"

tests=0
while read -r name limit; do
    tests=$((tests + 1))
    ((${limit%.*} >= 600)) || fail "$name: a limit of $limit s"
done < <(ctest --test-dir "$build_dir" --show-only=json-v1 | python3 -c '
import json, sys
for test in json.load(sys.stdin)["tests"]:
    limits = [one["value"] for one in test.get("properties", []) if one["name"] == "TIMEOUT"]
    print(test["name"], limits[0] if limits else 1500)')
((tests > 100)) || fail "ctest lists only $tests tests"

while IFS=: read -r file line words; do
    seconds=$(sed -nE 's/.*\btimeout (-k [0-9]+ )?([0-9]+) .*/\2/p; s/.*timeout=([0-9]+).*/\1/p' <<<"$words")
    ((${seconds:-300} >= 300)) || fail "$file:$line: a limit of $seconds s"
done < <(grep -rnE '\btimeout (-k [0-9]+ )?[0-9]+ |timeout=[0-9]' tests --include=*.sh --include=*.py)
finish "the limits of $tests tests"
