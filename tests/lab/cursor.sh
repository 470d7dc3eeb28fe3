#!/bin/bash
# What a policy keeps for itself is drawn, and a cursor that was left on a block that is gone is told of: by the hook that
# left it there, not by the one that stumbles.
. "$(dirname "$0")/lib.sh"
fifo=$source_dir/docs/answers/04-fifo.c

# A queue whose remove forgets that it may take the last one.
sed '/if (set->cursor == block)/d; /set->cursor = block->prevFree;/d' "$fifo" >stale.c
status_of 1 "$halloc" lab check stale.c --json
equal "look at remove" remove "$(json 'verdict["look_at"]')"
equal "not at" insert "$(json 'verdict["hook"]')"
status_of 1 "$halloc" lab check stale.c
line_in out 'set->cursor: \+[0-9]+, .*  <-- stale$'
line_in out 'remove took *$|remove took away'
line_in out 'then remove must move'
line_in out '`break stale.c:take_out`'

# The next fit of chapter 5: a pointer into the middle of a block that was absorbed.
cp "$source_dir/docs/exercises/05-next-fit.c" .
status_of 1 "$halloc" lab check 05-next-fit.c --json
equal "next fit" "remove True" "$(json '"%s %s" % (verdict["look_at"], "remove took away the block at +" in verdict["cursor"])')"

# A cursor that is well is drawn, and blamed for nothing; so are the bits.
sed 's/set->cursor = block;/&\n    set->bitmap[1] |= 5;\n    if (block->size > 3000 \&\& block->prev) set->root[0] = NULL;/' "$fifo" >bits.c
status_of 1 "$halloc" lab check bits.c
line_in out 'set->cursor: \+[0-9]+, a free block$'
line_in out 'set->bitmap: bits 64, 66$'
status_of 1 "$halloc" lab check bits.c --json
sed '/set->cursor/d; s/MemoryBlock \*last = NULL/&/' "$source_dir/docs/exercises/04-address-order.c" >plain.c
status_of 1 "$halloc" lab check plain.c
grep -q 'set->cursor\|set->bitmap' out && fail "what it does not use is drawn"

# The contract of chapter 4 says its commands of files that are there.
cp "$source_dir/docs/exercises/04-fifo.sh" "$source_dir/halloc.h" .
PATH=$build_dir:$PATH bash "$source_dir/docs/exercises/04-fifo.sh" stale.c >out 2>err && fail "the contract is kept by a queue that is not sound"
line_in out '^  halloc lab check stale.c stale.failing.htrace$'
PATH=$build_dir:$PATH bash -c "$(grep -m 1 '^  halloc lab check' out)" >again 2>&1
equal "the command that is printed" 1 $?
line_in again 'FAILED'
finish "cursors, and who left them"
