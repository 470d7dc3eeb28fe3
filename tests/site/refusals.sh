#!/bin/bash
# What `make site` says where it can't: a package is missing, the playground is missing, the folder is somebody's, a link
# leads nowhere. In each case the site that is there stays as it was.
. "$(dirname "$0")/lib.sh"
need_site python3
build=$source_dir/site/build.py

# Debian's packages, as a Python without them sees it; and no mandoc on the path.
itself=$(python3 -c 'import sys; print(sys.executable)')
cp -r "$site" kept
status_of 1 env PATH="$work" "$itself" -S -B "$build" kept "$build_dir"
line_in err '^site: missing: .*mandoc.*As root: tools/install-packages.sh site'
[ -s kept/index.html ] || fail "the old site is gone"

python=python3
"$python" -c 'import markdown_it' 2>/dev/null || python=/usr/bin/python3
mkdir empty
status_of 1 "$python" -B "$build" kept empty
line_in err 'empty/halloc is missing: make'
ln -s "$halloc" empty/halloc
status_of 1 "$python" -B "$build" kept empty
line_in err 'empty/halloc.html is missing: make page'

mkdir mine
echo treasure >mine/diary
status_of 1 "$python" -B "$build" mine "$build_dir"
line_in err 'mine is there, and is no site'
equal "the diary" treasure "$(cat mine/diary)"

# A tree with a link that leads nowhere; it has no git.
mkdir tree
cp -r "$source_dir"/{site,docs,src,man,examples,traces,page,packaging,bindings,*.md,LICENSE,halloc.c,halloc.h} tree/
sed -i 's/](01-bump.md)/](01-bumb.md)/' tree/docs/README.md
status_of 1 "$python" -B tree/site/build.py kept "$build_dir"
line_in err '^site: docs/README.md: a link leads nowhere: 01-bumb.md'
[ -s kept/index.html ] && [ ! -e kept.part ] || fail "a broken link harms the old site"
finish "refusals"
