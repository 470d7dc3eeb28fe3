#!/bin/bash
# z3 solves problems of bit vectors, arithmetic and arrays; models and statistics of its search are the same.
. "$(dirname "$0")/lib.sh"
begin z3

same 0 z3 smt.random_seed=1 sat.random_seed=1 "$workloads/problems.smt2"
took 1 5000 "" z3 "$workloads/problems.smt2"
