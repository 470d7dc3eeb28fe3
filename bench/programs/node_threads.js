// Node's worker threads: four do what node.js does, at once and in one process.
const { Worker } = require('worker_threads');
const scale = Number(process.argv[2]);
for (let i = 0; i < 4; i++) {
    new Worker(`${__dirname}/node.js`, { argv: [scale] }).on('exit', (status) => (process.exitCode ||= status));
}
