#!/bin/bash
# Chromium without a screen: a page whose script makes and drops much, and its picture.
# packages: chromium fonts-dejavu-core
# programs: chromium
# own malloc: chromium (PartitionAlloc, exported by the executable)
# seconds: 180
. "$(dirname "$0")/lib.sh"
cat >page.html <<'HTML'
<!doctype html><title>world</title><body><svg id=s width=200 height=200></svg><canvas id=c width=200 height=200></canvas><pre id=p></pre>
<script>
let seed = 42;
const chance = n => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0, (seed >>> 8) % n);
const kept = new Map();
for (let turn = 0; turn < 200000; turn++) {
    kept.set(chance(3000), { turn, text: 'x'.repeat(chance(100)), list: new Array(chance(20)).fill(turn) });
    if (turn % 4 == 0) kept.delete(chance(3000));
}
let total = 0;
for (const value of kept.values()) total += value.text.length + value.list.length;
for (let turn = 0; turn < 3000; turn++) {
    const made = document.createElement(['div', 'span', 'table', 'input'][turn % 4]);
    made.innerHTML = '<b>' + 'text '.repeat(chance(30)) + '</b><i style="color:red">' + turn + '</i>';
    document.body.appendChild(made);
    if (turn % 3) document.body.removeChild(made);
}
const buffers = [];
for (let turn = 0; turn < 500; turn++) buffers[turn % 40] = new Uint8Array(chance(500000)).fill(turn);
for (let n = 0; n < 100; n++) s.innerHTML += `<circle cx=${chance(200)} cy=${chance(200)} r=${chance(30)} fill="hsl(${n * 3} 50% 50%)"/>`;
p.textContent = [kept.size, total, document.getElementsByTagName('*').length, buffers.reduce((a, b) => a + b.length, 0),
    JSON.stringify([...kept]).length].join(' ');
for (const made of [...document.body.children]) if (!made.id) made.remove();
</script>
HTML
browser() {
    chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking \
        --user-data-dir="$PWD/profile" "$@" "file://$PWD/page.html" 2>>chromium.log
    echo "chromium ended with $?"
}
browser --dump-dom
browser --window-size=400,300 --hide-scrollbars --screenshot="$PWD/page.png"
digest <page.png
