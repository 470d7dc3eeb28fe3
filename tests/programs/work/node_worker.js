// One of node.js's workers: takes buffers, answers with digests and buffers of its own.
'use strict';
const { parentPort, workerData } = require('worker_threads');
const crypto = require('crypto');

parentPort.on('message', (message) => {
    if (message === null) {
        parentPort.close();
        return;
    }
    const made = Buffer.alloc(20000 + message.length, workerData);
    const digest = crypto.createHash('sha256').update(message).update(made).digest('hex').slice(0, 12);
    parentPort.postMessage({ digest, length: made.length });
});
