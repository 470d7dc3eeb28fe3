#!/bin/bash
# node: buffers, strings, workers, compression in the pool's threads, a child; WebAssembly.
# packages: nodejs
# programs: node
# served: node
# exits: 3
. "$(dirname "$0")/lib.sh"
node "$workloads/node.js" "$workloads/node_worker.js"
echo "node ended with $?"
node -e '
const { Worker } = require("worker_threads");
let left = 30, sum = 0;
for (let n = 0; n < 30; n++) {
    const worker = new Worker(`const { parentPort } = require("worker_threads"); let all = [];
        for (let i = 0; i < 3000; i++) { all.push(Buffer.alloc(i % 2000 + 1, i)); if (all.length > 50) all.shift(); }
        const memory = new WebAssembly.Memory({ initial: 1, maximum: 50 }); memory.grow(20);
        parentPort.postMessage(all.reduce((a, b) => a + b.length + b[0], memory.buffer.byteLength));`, { eval: true });
    worker.on("message", (got) => { sum += got; });
    worker.on("exit", () => { if (--left == 0) { console.log("workers", sum); process.exit(3); } });
}'
