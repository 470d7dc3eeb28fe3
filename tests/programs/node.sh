#!/bin/bash
# node: buffers, strings and maps, workers that pass buffers, compression in the pool's threads, a child.
. "$(dirname "$0")/lib.sh"
begin node

same 8 node "$workloads/node.js" "$workloads/node_worker.js"
took 1 20000 "" node -e 'const kept = []; for (let i = 0; i < 30000; i++) kept.push(Buffer.alloc(5000 + i % 100));'
