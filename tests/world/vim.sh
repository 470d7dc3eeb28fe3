#!/bin/bash
# vim without a screen: buffers edited, sorted, folded, undone; Vim script, and its Python.
# packages: vim-nox vim-runtime
# programs: vim.nox
# served: vim.nox
# exits: 3
. "$(dirname "$0")/lib.sh"
seq 20000 | sed 's/.*/line & of text with (brackets) & { more }/' >text.c
cat >work.vim <<'VIM'
set nomore undolevels=1000
edit text.c
silent %s/\v(\d)1/\1x/ge
silent global/7/move 0
silent 1,3000delete
for n in range(200) | silent execute 'normal! ' . (n * 79 + 1) . 'Goinserted ' . repeat('y', n) | endfor
silent! undo
silent! undo
silent sort /of/
silent write! written
let table = {}
for n in range(60000) | let table['k' . (n * 7919 % 1500)] = [n, repeat('x', n % 100)] | endfor
call writefile([len(table), string(sort(keys(table)))[:50], strlen(json_encode(table))], 'said')
syntax on
silent 1,300normal! gqq
python3 import vim; vim.current.buffer.append(["python %d" % n for n in range(3000)])
call writefile([line('$'), sha256(join(getline(1, '$'), "\n"))], 'said', 'a')
cquit 3
VIM
vim.nox -u NONE -N -es -S work.vim 2>vim.log
status=$?
digest <written
cat said
exit $status
