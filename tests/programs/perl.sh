#!/bin/bash
# perl: hashes of arrays, strings that grow, sorting, regular expressions, fork.
. "$(dirname "$0")/lib.sh"
begin perl
export PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0

same 4 perl "$workloads/perl.pl" 40
took 1 10000 "" perl "$workloads/perl.pl" 2
same_with_every_policy 4 3000 perl "$workloads/perl.pl" 1
