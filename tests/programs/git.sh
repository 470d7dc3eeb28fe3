#!/bin/bash
# git: a repository made here, branched, merged, cloned, packed and checked. Objects and packs are the same.
. "$(dirname "$0")/lib.sh"
begin git
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org

same 0 bash "$workloads/git.sh"
took 1 50 "" git config --global --list
took 3 50 "" bash -c 'git init -q r && cd r && git commit -q --allow-empty -m x && git log && git gc -q'
