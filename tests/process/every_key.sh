#!/bin/bash
# Under each key of HALLOC_CONF, and pairs that meet, random calls over all entry points do what the model says
# (portable/property.c): sizes of 0, alignments up to 64 KiB, objects that grow in place.
. "$(dirname "$0")/lib.sh"

property=$HALLOC_BUILD/tests/portable_property
confs=(heap:classic fit:best fit:buddy,heap:classic stats_print:on purge:off purge_thread:on,sample:64K harden:on
    harden:on,sample:64K,guard:64K thp:never thp:system reserve:64M limit:1G limit:cgroup,sample:4K sample:1 guard:64K
    live:off misuse:warn)

# A key that comes later comes here, too.
HALLOC_CONF=help on_halloc -- ./is_ours 2>help
while read -r key; do
    [[ ,${confs[*]/#/,} == *,"$key":* ]] || die "no run with the key $key"
done < <(awk '/^  [a-z]/ { print $1 }' help)

for run in "${!confs[@]}"; do
    conf=${confs[run]} seed=$((run + 1))
    HALLOC_CONF=$conf timeout 300 "$property" $seed 1 >out 2>err || die "$conf, seed $seed: $(tail -n 3 out err)"
    grep -qx "4 passed, 0 failed" out || die "$conf, seed $seed: $(tail -n 3 out err)"
done
