#!/bin/bash
# What gdb's commands say when there is nothing to see, or what they see is broken: one line, and no traceback.
. "$(dirname "$0")/lib.sh"
program scene "$library"

stop=main
debug scene halloc-heap
line_in out '^halloc-heap: the process heap has not started: nothing was allocated yet$'
stop=

gdb -nx -batch -ex "source $script" -ex halloc-heap scene >out 2>&1 </dev/null
line_in out '^halloc-heap: there is no Halloc in this program, or it isn.t loaded yet: `start` or `run` it first$'

objcopy --strip-debug "$library" stripped.so
library=$PWD/stripped.so debug scene "halloc-slab small[5]"
line_in out '^halloc-slab: Halloc is here, but without its debugging information. Build it with -g'

# A write into a free slot, over its link or its mark: the two no longer fit, and the slot is named.
for what in astray unmarked; do
    arguments=$what debug scene 'printf "written: %p\n", small[99]' "halloc-slab small[5]"
    written=$(sed -n 's/^written: //p' out)
    line_in out "^halloc-slab: the free slot at $written is not marked: somebody wrote into it$"
done
debug scene 'set var *(void **)small[99] = small[99]' 'printf "written: %p\n", small[99]' "halloc-slab small[5]"
written=$(sed -n 's/^written: //p' out)
line_in out "^halloc-slab: the free slot at $written is not marked: somebody wrote into it$"
# A link with a mark that fits, which only a forger writes: the list itself is wrong.
debug scene 'set var ((long *)small[99])[0] = (long)small[99]' \
    'set var ((long *)small[99])[1] = 2 * (long)small[99] + 0x5afe5107' "halloc-slab small[5]"
line_in out '^halloc-slab: its thread.s list: the slot at 0x[0-9a-f]+ is on two lists, or twice on one$'
# A forged link out of the slab.
debug scene 'set var ((long *)small[99])[0] = 0x736e75727265766f' \
    'set var ((long *)small[99])[1] = (long)small[99] + 0x736e75727265766f + 0x5afe5107' "halloc-slab small[5]"
line_in out "^halloc-slab: its thread.s list: the link of the slot at 0x[0-9a-f]+ leads astray, to 0x[0-9a-f]+ \('overruns'\)$"
descriptor='region.slabs[region.heads[((long)small[5] - (long)region.base) >> 14] / sizeof(struct slab)]'
debug scene "set var *(long *)((char *)&$descriptor + region.notes_distance) = 2" "halloc-slab small[5]"
line_in out '^halloc-slab: its thread.s list: the slot at 0x[0-9a-f]+ is on it, and noted as free as well$'
debug scene "set var ${descriptor/small\[5\]/cold[1]}.frees_left = 7" "halloc-slab cold[1]"
line_in out '^halloc-slab: it counts 7 slots in use, and 8 are$'

# A block's record that was overwritten: the walk stops there, and says so.
debug scene 'set var region.engine.first->next->size = 4096' halloc-heap
line_in out "^halloc-heap: the blocks don't tile the heap: 0x[0-9a-f]+ was to come next, and here is a block"
lacks out Traceback
finish "gdb's commands where there is trouble"
