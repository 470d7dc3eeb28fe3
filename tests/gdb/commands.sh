#!/bin/bash
# halloc-heap, halloc-block and halloc-slab on a process that has stopped, on one that is linked statically, and
# on a core file: what they print is what the program knows that it did.
. "$(dirname "$0")/lib.sh"
program scene "$library"

debug scene halloc-heap "halloc-slab small[5]" "halloc-slab theirs[9]" "halloc-slab left[0]" "halloc-slab cold[1]"
line_in out '^process heap at 0x[0-9a-f]+, segregated fit, units of 16,384$'
line_in out '^  large       1      1,015,808 bytes$'
line_in out '^  slab        [67]  +(262,144|327,680) bytes$'
line_in out '1,015,808  large  one object, of at most 1,015,808 bytes$'
line_in out '32,768  slab   slots of 112: 66 taken, 110 carved of 292, active$'
line_in out '32,768  slab   slots of 16: [0-9]+ taken, 256 carved of 1,024, active$'
line_in out '^    slots of  4,096: 12 of 20 carved are taken, in 2 slabs$'
line_in out '  free   2,[0-9,]+ dirty: resident, of nobody.s$'
sed -n '/^slab at .*slots of 112/,/^slab at .*slots of 208/p' out >small
line_in small '^  owner: thread cache 0x[0-9a-f]+, of thread 1$'
line_in small '^  #     66  in use$'
line_in small '^  c     44  free, on its thread'
line_in small '^     0x0  (c##){21}c$'
line_in small '^  0x1c00  (##c){12}c{10}$'
sed -n '/^slab at .*slots of 208/,/^slab at .*slots of 320/p' out >theirs
line_in theirs '^  owner: thread cache 0x[0-9a-f]+, of thread 3$'
line_in theirs '^  #      6  in use$'
line_in theirs '^  p      4  freed by other threads, on those threads. lists$'
line_in theirs '^     0x0  pppp######c{10}$'
sed -n '/^slab at .*slots of 320/,/^slab at .*slots of 4,096/p' out >left
line_in left '^  no owner: it waits for a thread to adopt it$'
line_in left '^     0x0  ##########\.\.\.$'
sed -n '/^slab at .*slots of 4,096/,$p' out >cold
line_in cold 'slots of 4,096: 8 taken, 16 carved of 16, partial$'
line_in cold '^  \.      8  free$'
line_in cold '^     0x0  (\.#){8}$'
lacks out 'halloc-[a-z]+:'

# In a large heap, a slab that rests notes what is freed. The one that is allocated from lists it as before.
arguments=vast conf=reserve:256M debug scene "halloc-slab cold[1]" "halloc-slab small[5]"
line_in out 'slots of 4,096: 8 taken, 16 carved of 16, partial$'
line_in out '^  n      8  free, and only noted: nobody has touched the slot since$'
line_in out '^     0x0  (n#){8}$'
line_in out '^  c     44  free, on its thread'
line_in out '^     0x0  (c##){21}c$'
lacks out 'halloc-[a-z]+:'

# Handed over: on the slab's own stack of frees by others. And this thread keeps nothing any more.
arguments=collect debug scene "halloc-slab theirs[9]" "halloc-slab small[5]"
line_in out '^  r      4  freed by other threads, not collected yet$'
line_in out '^     0x0  rrrr######c{10}$'
line_in out '^  0x1c00  (##n){12}n{10}$'
lacks out 'halloc-[a-z]+:'

debug scene "halloc-block small[3]" "halloc-block small[4] + 8" "halloc-block large + 5000" "halloc-block &classic" \
    "halloc-block gone" "halloc-block small[4] + 30000" "halloc-slab large" "halloc-slab" "halloc-block no_such_name"
line_in out '^0x[0-9a-f]+ starts a slot of 112: free, on its thread'
line_in out '^0x[0-9a-f]+ is 8 bytes into a slot of 112: in use$'
line_in out '^  the address is 5,000 bytes into it$'
line_in out '^  before: [0-9,]+ bytes, slab$'
line_in out '^halloc-block: 0x[0-9a-f]+ is not Halloc.s: the process heap is 0x[0-9a-f]+ to 0x[0-9a-f]+$'
line_in out '^block at 0x[0-9a-f]+, [0-9,]+ bytes, free: 2,[0-9,]+ dirty'
line_in out '^0x[0-9a-f]+ is in a slab, where no slot has been carved yet$'
line_in out '^halloc-slab: 0x[0-9a-f]+ is in no slab; halloc-block 0x[0-9a-f]+ tells what it is in$'
line_in out '^halloc-slab: of which address\? halloc-slab ADDRESS$'
line_in out '^halloc-block: No symbol "no_such_name" in current context.$'

debug scene "halloc-heap classic" "halloc-block in_classic" "halloc-block in_classic - 8"
line_in out '^classic heap at 0x[0-9a-f]+, first fit, headers of 32$'
line_in out '^  0x[0-9a-f]+           112  in use$'
line_in out '^block at 0x[0-9a-f]+, 112 bytes, in use; its header at 0x[0-9a-f]+$'
line_in out '^  the address is in its header$'
line_in out '^  before: nothing$'
line_in out '^  after: [0-9,]+ bytes, free$'

# A whole program on a classic heap: it is the one that halloc-heap prints.
conf=heap:classic debug scene "halloc-heap" "halloc-block small[3]"
line_in out '^classic heap at 0x[0-9a-f]+, first fit, headers of 32$'
line_in out ' bytes, free; its header at 0x'

# The same on a core file, word for word.
debug scene halloc-heap "halloc-slab small[5]" "halloc-slab theirs[9]" "echo ---\n" "generate-core-file core"
sed -n '/^process heap/,/^---/p' out | sed '$d' >live
gdb -nx -batch -ex "source $script" -ex halloc-heap -ex "halloc-slab small[5]" -ex "halloc-slab theirs[9]" \
    scene core >dead 2>&1 </dev/null
sed -i '1,/^process heap/{/^process heap/!d}' dead
[ -s live ] || fail "nothing of the living process"
sed -i 's/of thread [0-9]*/of thread N/' live dead # gdb numbers them anew
diff live dead || fail "of the core file it says something else"

program scene "$build_dir/libhalloc.a"
library= debug scene "halloc-slab small[5]"
line_in out '^     0x0  (c##){21}c$'
finish "gdb's commands"
