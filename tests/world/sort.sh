#!/bin/bash
# sort, with threads and with files; join, comm, uniq, shuf, awk and grep in long pipelines; GNU parallel.
# packages: coreutils gawk grep parallel
# programs: sort gawk grep parallel
# served: sort join gawk parallel
. "$(dirname "$0")/lib.sh"
gawk 'BEGIN { for (n = 1; n <= 400000; n++) print (n * 7919) % 1000003, n, substr("abcdefghijklmnopqrstuvwxyz", n % 20 + 1) }' >lines
wc -l <lines
for how in "" "-n" "--parallel=4 -k2,2r" "-S 1M -k3,3 -k1,1n" "-u -k3,3" "-R --random-source=lines -k3,3"; do
    echo "sort $how $(sort $how lines | digest)"
done
sort -c lines
echo "sort -c ended with $?"
sort -k1,1 lines >sorted
join sorted <(sort -k1,1 <(head -n 50000 lines)) | digest
gawk '{ count[$3] += $1; kept[$1 % 5000] = kept[$1 % 5000] substr($3, 1, 3) } END { for (k in kept) total += length(kept[k])
    n = asorti(count, names); for (i = 1; i <= n; i++) print names[i], count[names[i]]; print total }' lines | digest
grep -cE '(12|34).*[xyz]$' lines
grep -oP '\d(?=1 )' lines | sort | uniq -c
split -l 20000 lines part.
parallel --will-cite -j 8 -k 'sort {} | sha256sum' ::: part.* 2>parallel.log | digest
seq 200 | parallel --will-cite -j 8 -k --pipe -N 20 'awk "{ s += \$1 } END { print s }"' 2>>parallel.log
sort --compress-program=gzip -S 500k lines | digest
