#!/bin/bash
# git: a repository made, branched, merged, cloned, packed and checked.
# packages: git
# programs: git
# served: git
. "$(dirname "$0")/lib.sh"
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
bash "$workloads/git.sh"
