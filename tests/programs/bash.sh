#!/bin/bash
# bash with pipelines of coreutils, awk, sed, grep and gzip: many short processes, each on halloc.
. "$(dirname "$0")/lib.sh"
begin bash seq sort awk sed grep gzip

same 5 bash "$workloads/bash.sh"
took 1 100 "" bash -c 'words=($(seq 300)); exit 5'
# coreutils close stderr before a library can write there, or end by _exit: ask the kernel instead.
for reader in cat "sort -u" "grep ." "sed -n p"; do
    keep took "" bash -c "$reader /proc/self/maps"
    grep -q '/libhalloc\.so' took/stdout || die "not on halloc: $reader"
done
