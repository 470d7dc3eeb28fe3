#!/bin/bash
# zstd, xz, bzip2, gzip and 7-Zip, with threads, small and large windows: packed, unpacked, the same.
# packages: zstd xz-utils bzip2 gzip p7zip-full tar
# programs: zstd xz bzip2 gzip 7z tar
# served: zstd xz 7z tar
. "$(dirname "$0")/lib.sh"
seq 700000 | sed 's/7/seven/g' >text
for how in "zstd -1 -T4" "zstd -19 --long=24 -T2" "xz -1 -T4 --block-size=1MiB" "xz -4" "bzip2 -9" "gzip -n -6"; do
    $how -c text >packed 2>log || echo "failed: $how"
    ${how%% *} -dc packed 2>>log | cmp - text && echo "$how $(digest <packed)"
done
mkdir many
split -l 2000 text many/part.
tar --sort=name --mtime=@0 --owner=0 --group=0 -cf many.tar many && digest <many.tar
7z a -mx=3 -mmt=4 -mtc=off -mtm=off -bd many.7z many >7z.log && 7z t many.7z | grep -E '^(Files|Size|Everything)'
zstd --train many/part.* -o dictionary --maxdict=20000 -q && digest <dictionary
