#!/bin/bash
# Explanations of a real program name its functions and lines.
. "$(dirname "$0")/../map/lib.sh"
line_of() { grep -n "/\* $1 \*/" "$test_dir/pinned.c" | cut -d: -f1; }
program pinned -fno-omit-frame-pointer
"$halloc" trace -o pinned.htrace --stacks=2 -- ./pinned >out 2>err || fail "trace: $(cat err)"
"$halloc" explain --at fail --limit 640000 pinned.htrace >out 2>err || fail "explain: $(cat err)"
line_in out 'malloc of 50,000 B from want'
line_in out 'was free in 20[0-9] holes, the largest 3,[0-9][0-9][0-9] B'
line_in out '(9[0-9]|100) % of the holes are pinned by 40 B blocks from keep'
line_in out 'still live at the end'
# An address of the program itself: kept[7] was the 16th call.
"$halloc" trace --addresses -o known.htrace --stacks=2 -- ./pinned >address 2>err || fail "trace: $(cat err)"
"$halloc" explain --at "addr:$(cat address)" known.htrace >out 2>err || fail "explain --at addr: $(cat err)"
line_in out "What the program had at $(cat address) after operation .* is placed at 0x"
line_in out 'lies in the payload of the block at 0x.*: 40 B from keep.*, asked for by operation 15 and never freed'
line_in out '^Operation 15: malloc of 40 B from keep'

"$halloc" explain pinned.htrace >out 2>err || fail "explain --at peak: $(cat err)"
line_in out 'are 200 blocks from scratch.*all freed later'
if ldd "$halloc" | grep -q libdw; then
    line_in out "from scratch \(pinned\.c:$(line_of SCRATCH)\)"
    "$halloc" explain --at fail --limit 640000 pinned.htrace >out 2>err
    line_in out "from keep \(pinned\.c:$(line_of KEEP)\)"
    line_in out "from want \(pinned\.c:$(line_of WANT)\)"
else
    skip "no libdw: functions and lines are not looked for (Debian: libdw-dev)"
fi
"$halloc" explain --at end pinned.htrace >out 2>err || fail "explain --at end: $(cat err)"
line_in out 'are 200 blocks from keep.*, asked for by operations [0-9]+ to [0-9]+ .* half of them by'
grep -q 'Who asked' out && fail "who asked is known"
finish "functions and lines of a real program"
