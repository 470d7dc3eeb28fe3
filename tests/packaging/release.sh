#!/bin/bash
# The files of a release: the same bytes from two clones, checksums that hold, an SBOM that has each file of the
# tarball; and the single file makes a library and a program without any other file of this tree.
. "$(dirname "$0")/lib.sh"

git -C "$source_dir" rev-parse >/dev/null 2>&1 || skip "not a clone, so git can't list the files"
# Two clones of what is here now; a folder's name may have a blank.
git init -q "one clone"
(cd "$source_dir" && git ls-files -z | xargs -0 cp -P --parents -t "$work/one clone")
as_us=(-c user.name=us -c user.email=us@example.org)
git -C "one clone" add --force .
git -C "one clone" "${as_us[@]}" commit -q -m "A release"
git clone -q "one clone" other
export SOURCE_DATE_EPOCH=1000000000
(umask 077 && cd / && "$work/one clone/packaging/assets" "$work/dist one") >log 2>&1 || die "$(cat log)"
TZ=Asia/Tokyo other/packaging/assets other/dist >log 2>&1 || die "$(cat log)"
diff -r "dist one" other/dist || die "two clones give different files"
equal "modes" "644" "$(stat -c %a "dist one"/* | sort -u)"
(cd other/dist && ls | LC_ALL=C sort >"$work/files" && sha256sum --check --quiet SHA256SUMS) || die "SHA256SUMS does not hold"
printf '%s\n' SHA256SUMS "halloc-$version.c" "halloc-$version.spdx.json" "halloc-$version.tar.gz" halloc.h |
    diff - files || die "these are the files of a release (<)"
equal "files with a checksum" 4 "$(wc -l <other/dist/SHA256SUMS)"
mv other/dist dist

# The SBOM, against the tarball unpacked.
tar -xzf "dist/halloc-$version.tar.gz"
find "halloc-$version" -type f -newermt 2001-09-10 | grep . && die "SOURCE_DATE_EPOCH is not the time of these"
(cd "halloc-$version" && find . -type f -exec sha256sum {} + | sed 's/  / /' | LC_ALL=C sort) >wanted
(cd "halloc-$version" && find . -type f -exec sha1sum {} + | cut -d' ' -f1 | LC_ALL=C sort | tr -d '\n' | sha1sum | cut -d' ' -f1) >code
cp "dist/halloc-$version.spdx.json" out
python3 - >found <<'END'
import json
for file in json.load(open("out"))["files"]:
    print(next(sum["checksumValue"] for sum in file["checksums"] if sum["algorithm"] == "SHA256"), file["fileName"])
END
LC_ALL=C sort found | diff wanted - || die "the SBOM's files (>) are not the tarball's (<)"
equal "its time" 2001-09-09T01:46:40Z "$(json 'it["creationInfo"]["created"]')"
equal "its verification code" "$(cat code)" "$(json 'it["packages"][0]["packageVerificationCode"]["packageVerificationCodeValue"]')"
equal "licences" "MIT" "$(json '" ".join({file["licenseConcluded"] for file in it["files"]})')"
equal "ids, each once" True "$(json 'len({file["SPDXID"] for file in it["files"]}) == len(it["files"])')"
for file in "halloc-$version.tar.gz" "halloc-$version.c" halloc.h; do
    sum=$(sha256sum "dist/$file" | cut -d' ' -f1)
    equal "its checksum of $file" "$sum" "$(json "[s['checksumValue'] for p in it['packages'] if p.get('packageFileName') == '$file' for s in p['checksums']][1]")"
done

# A stranger's project: two files of ours, no more.
mkdir project
cp "dist/halloc-$version.c" dist/halloc.h "$app" project/
cd project
single=halloc-$version.c
gcc -O2 -Wall -Wextra -Werror -shared -fPIC -o libhalloc.so "$single" || die "no library"
equal "python3 on it" True "$(LD_PRELOAD=$PWD/libhalloc.so python3 -c '
import ctypes
print(bool(ctypes.CDLL(None).halloc_is_overriding()))')"
gcc "${strict[@]}" -I. app.c "$single" -pthread -o app || die "no program"
says_version ./app
if command -v clang >/dev/null; then
    clang -Wall -Wextra -Werror -fsyntax-only "$single" || die "clang has complaints"
fi
gcc -I. -DHALLOC_NO_OVERRIDE app.c "$single" -pthread -o app
says_version ./app prefixed
gcc -c "$single" -o single.o
names() { nm -g --defined-only -P "$1" | awk 'NF > 1 { print $1 }' | LC_ALL=C sort; }
diff <(names "$build_dir/halloc.o") <(names single.o) || die "the single file's names (>) are not halloc.o's (<)"
finish "the files of a release"
