#!/bin/sh
# pack-course.sh handout|answers FILE.tar.gz: the course as one file for a class, without or with docs/answers/.
#
# The same clone gives the same bytes. Tests and benches stay at home: a student needs none of them.
set -eu
kind=${1:?handout or answers} file=${2:?FILE.tar.gz}
cd "$(dirname "$0")/.."
case $file in /*) ;; *) file=$PWD/$file ;; esac
case $kind in
handout) without='^docs/answers/' ;;
answers) without='^$' ;;
*) echo "pack-course.sh: handout or answers?" >&2; exit 2 ;;
esac
# What git knows; in a tarball without git, all that is no build.
if git rev-parse --git-dir >/dev/null 2>&1; then git ls-files; else find . -type f ! -path './build*' | sed 's,^\./,,'; fi |
    grep -vE "^(tests|bench|\.ci|\.github)/" | grep -vE "$without" | LC_ALL=C sort >"$file.list"
trap 'rm -f "$file.list" "$file.tar"' EXIT
tar -cf "$file.tar" --transform='s,^,halloc/,' --owner=0 --group=0 --numeric-owner --mode='u+rwX,go+rX,go-w' \
    --mtime='2000-01-01 00:00Z' --no-recursion -T "$file.list"
gzip -n9 <"$file.tar" >"$file"
echo "$file: $(wc -l <"$file.list" | tr -d ' ') files$([ "$kind" = answers ] || echo ", no answers among them")"
