#!/bin/bash
# What is promised in several places is the same in each: how long the tests take; and what the README calls an example
# of a policy is one that `halloc lab check` takes as it is.
. "$(dirname "$0")/lib.sh"
times=$(grep -hE '^[# ]*make test ' README.md CONTRIBUTING.md Makefile | grep -oE '(about|within|at most|under)? ?[a-z0-9]+ minutes' | sort | uniq -c)
[[ $(wc -l <<<"$times") -eq 1 && $times == *" 3 "* ]] || fail "make test takes, by README.md, CONTRIBUTING.md and Makefile: $times"
example=$PWD/examples/my_policy.c
(cd "$work" && "$halloc" lab check "$example" >said 2>&1) || fail "examples/my_policy.c: $(cat "$work/said")"
finish "what is promised in several places"
