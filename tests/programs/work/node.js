// Much allocation in node, on the heap that malloc serves as well as on V8's own. Ends with 8.
'use strict';
const { Worker } = require('worker_threads');
const { execFileSync } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const util = require('util');
const zlib = require('zlib');

let seed = 42;
const chance = (n) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0, (seed >>> 8) % n);
const digest = (value) => crypto.createHash('sha256').update(value).digest('hex').slice(0, 16);

function buffers() {
    const kept = new Map();
    let total = 0;
    for (let turn = 0; turn < 20000; turn++) {
        const made = Buffer.alloc(chance(turn % 100 ? 9000 : 200000), turn % 256);
        total += made.length;
        kept.set(chance(300), made);
        if (turn % 5 === 0)
            kept.delete(chance(300));
    }
    console.log('buffers', total, kept.size, digest(Buffer.concat([...kept.values()])));
}

function objects() {
    const words = Array.from({ length: 20000 }, () => chance(1e6).toString(36));
    const counted = {};
    for (const word of words)
        counted[word.slice(0, 2)] = (counted[word.slice(0, 2)] || 0) + 1;
    const text = JSON.stringify({ words, counted: Object.entries(counted).sort() });
    console.log('objects', digest(text), JSON.parse(text).words.length, text.replace(/[aeiou]+/g, '').length);
    fs.writeFileSync('objects.json', text);
}

async function pool() {
    const jobs = [];
    for (let number = 0; number < 40; number++) {
        const raw = Buffer.from(Array.from({ length: 4000 }, () => chance(17)));
        jobs.push(util.promisify(zlib.gzip)(raw, { level: number % 10 })
            .then((packed) => util.promisify(zlib.gunzip)(packed))
            .then((back) => back.equals(raw)));
        jobs.push(util.promisify(crypto.pbkdf2)(raw, 'salt', 50, 32, 'sha256').then((key) => key.toString('hex')));
        jobs.push(util.promisify(zlib.brotliCompress)(raw, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } })
            .then((packed) => packed.length));
    }
    console.log('pool', digest(JSON.stringify(await Promise.all(jobs))));
}

function worker(number) {
    return new Promise((resolve, reject) => {
        const answers = [];
        const one = new Worker(process.argv[2], { workerData: 'w' + number });
        one.on('message', (answer) => {
            answers.push(answer);
            if (answers.length === 40)
                one.postMessage(null);
        });
        one.on('error', reject);
        one.on('exit', () => resolve(answers));
        for (let turn = 0; turn < 40; turn++) {
            const memory = new ArrayBuffer(1000 * turn + number + 1);
            new Uint8Array(memory).fill(turn);
            one.postMessage(new Uint8Array(memory), [memory]); // handed over, and freed over there
        }
    });
}

async function main() {
    buffers();
    objects();
    await pool();
    for (let round = 0; round < 2; round++) {
        const answers = await Promise.all([1, 2, 3].map(worker));
        console.log('workers', digest(JSON.stringify(answers)));
    }
    console.log('child', execFileSync(process.execPath, ['-p', '6 * 7']).toString().trim());
    console.error('ends with 8');
    process.exitCode = 8;
}
main();
