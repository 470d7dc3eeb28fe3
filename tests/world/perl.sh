#!/bin/bash
# perl: hashes of arrays, strings that grow, sorting, regular expressions, forks, threads.
# packages: perl
# programs: perl
# served: perl
# exits: 3
. "$(dirname "$0")/lib.sh"
export PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0
perl "$workloads/perl.pl" 60
echo "perl ended with $?"
perl -Mthreads -e '
    my @all = map { my $n = $_; threads->create(sub {
        my %h; $h{$_ % 700} .= "x" x ($_ % 40 + $n) for 1 .. 30000; my $sum = 0; $sum += length for values %h; $sum }) } 1 .. 8;
    print join(" ", map { $_->join } @all), "\n"; exit 3'
