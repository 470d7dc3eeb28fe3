#!/bin/bash
# Builds a history whose every byte is fixed, and looks at it in many ways.
set -eu
git config --global init.defaultBranch main
git config --global pack.threads 1 # with more, deltas are chosen as threads happen to go
git config --global gc.auto 0
git config --global advice.detachedHead false
at=1700000000
commit() {
    at=$((at + 60))
    git add -A
    GIT_AUTHOR_DATE="$at +0000" GIT_COMMITTER_DATE="$at +0000" git commit -q -m "$1"
}

git init -q origin
cd origin
mkdir source documents
for number in $(seq 40); do
    seq "$number" $((number * 37)) >"source/file$number"
    printf 'chapter %s\n' $(seq $((number * 3))) >"documents/chapter$((number % 7))"
    sed -i "s/$number\$/changed in $number/" source/file*
    commit "Change $number"
done
for branch in red green; do
    git checkout -q -b $branch main~5
    for number in $(seq 5); do
        mkdir -p source/deep # gone with its last file when main is checked out
        echo "$branch $number" >>"source/deep/$branch"
        commit "$branch $number"
    done
done
git checkout -q main
at=$((at + 60))
GIT_AUTHOR_DATE="$at +0000" GIT_COMMITTER_DATE="$at +0000" git merge -q --no-ff -m "Merge" red green
head -c 3000000 /dev/zero | tr '\0' 'q' >large
commit "A large file"
GIT_COMMITTER_DATE="$at +0000" git tag -a -m "A tag" v1

git log --graph --stat --all --format='%H %an %ad %s'
git log -p -M --all | git patch-id --stable | sort | sha256sum
git blame -s source/file12 | tail -5
git diff --stat --minimal v1~12 v1
git grep -n 'changed in 3' -- source | wc -l
git rev-list --objects --all | git cat-file --batch-check='%(objectname) %(objecttype) %(objectsize)' \
    --buffer | sort | sha256sum || true
git archive --format=tar v1 | sha256sum
git fsck --full --strict

cd ..
git clone -q --no-local origin clone
git clone -q --bare origin bare.git
git -C clone log --oneline | head -5
git -C bare.git repack -a -d -q -f --depth=50 --window=20 -b
git -C bare.git fsck --full
git -C origin gc -q --aggressive --prune=now
git -C origin fsck --full
git -C origin verify-pack -v .git/objects/pack/*.idx | sort | tail -3 || true
(cd origin && git verify-pack .git/objects/pack/*.idx && git count-objects -v)
git -C clone checkout -q v1~3
git -C clone status
git -C origin show-ref
# An index holds inode numbers and times, reflogs the time of a checkout.
rm -rf origin/.git/{index,logs} clone/.git/{index,logs} bare.git/logs
