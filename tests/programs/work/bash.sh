#!/bin/bash
# Pipelines, arrays, here-documents and subshells. Ends with 5.
seq 40000 | awk '{ print ($1 * 7919) % 100003, $1 }' >numbers
sort -n numbers | uniq | tac | head -1000 | md5sum
sort --parallel=2 -S 1M -k2,2r numbers | sed 's/^\([0-9]*\) \(.*\)$/\2-\1/' | tr 0-9 a-j | sha1sum
cut -d' ' -f1 numbers | grep -E '(12|34)' | sort -u | wc -l
paste -sd+ <(head -200 numbers | cut -d' ' -f2) | sed 's/$/ /' | fold -w 60 | nl | tail -3
gzip -9nc numbers | tee numbers.gz | gzip -dc | cmp - numbers && echo "gzip and back"
join <(sort numbers | head -2000) <(sort numbers | head -3000) | comm -12 - <(sort numbers) | wc -l
split -l 10000 numbers part. && cat part.* | cksum && rm part.*
dd if=/dev/zero bs=64k count=40 2>/dev/null | base64 | sha256sum
od -An -tx1 numbers.gz | shuf --random-source=numbers | md5sum
expr 12345678901234567890 \* 98765432109876543210
factor 1234567890123456789
find . -type f | sort | xargs ls -1 | xargs -n1 -P2 basename | sort

declare -A counted
words=()
while read -r key value; do
    words+=("$key")
    counted[${key:0:2}]=$((${counted[${key:0:2}]:-0} + value))
done < <(head -4000 numbers)
for key in "${!counted[@]}"; do
    echo "$key=${counted[$key]}"
done | sort | md5sum
text=$(printf '%s,' "${words[@]}")
echo "${#text} ${text//1/one}" | md5sum
for i in $(seq 30); do
    (echo "subshell $i"; exit $((i % 3)))
    echo "ended with $?"
done | sort | uniq -c
cat <<END | rev
a here-document of $(wc -l <numbers) lines
END
ls /no/such/folder
echo "ends with 5" >&2
exit 5
