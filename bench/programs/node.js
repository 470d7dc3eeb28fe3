// What Node does to malloc (V8 keeps its own heap): buffers, compression, parsing and compiling of code.
const zlib = require('zlib');
const scale = Number(process.argv[2]);
let seed = 3;
const dice = (bound) => (seed = (seed * 1103515245 + 12345) % 2147483648) % bound;

const kept = new Array(2000).fill(null);
let bytes = 0;
for (let i = 0; i < 200000 * scale; i++) {
    const buffer = Buffer.allocUnsafeSlow(64 + dice(4000)).fill(i & 255);
    kept[dice(kept.length)] = buffer;
    bytes += buffer.length;
}
let compressed = 0;
for (let i = 0; i < 900 * scale; i++) {
    compressed += zlib.deflateSync(Buffer.concat(kept.slice(i % 100, i % 100 + 10).filter(Boolean))).length;
}
let called = 0;
for (let i = 0; i < 1900 * scale; i++) {
    called += new Function('x', `let y = ${i}; for (const z of [1, 2, ${i}]) y += z * x; return y % 7;`)(i);
}
console.log(bytes, compressed > 0, called);
