// Replays a trace's calls in the page's engine, by the page's own scripts, under node: counts.js ENGINE.wasm CALLS.txt P,P...
// It prints, for each of the policies, what `halloc replay --json` says that does not depend on time.
"use strict";
const fs = require("fs"),
    path = require("path"),
    vm = require("vm");
const page = path.join(__dirname, "../../page");
for (const part of ["heap", "calls", "score"])
    vm.runInThisContext(fs.readFileSync(path.join(page, `${part}.js`), "utf8"));

const replay = vm.runInThisContext(`(bytes, text, names) => {
  const module = new WebAssembly.Module(bytes), calls = callsOfTrace(text);
  return names.split(",").map(name => {
    const run = new Run(module, POLICIES.indexOf(name), calls);
    run.go(calls.length);
    return {name, score: run.score, broken: run.heap.check()};
  });
}`);

for (const {name, score, broken} of replay(
    fs.readFileSync(process.argv[2]),
    fs.readFileSync(process.argv[3], "utf8"),
    process.argv[4],
)) {
    if (broken) throw new Error(`${name}: ${broken}`);
    const words = {
        peak_overhead: score.overhead.toFixed(6),
        average_overhead: (score.heapSum / score.liveSum).toFixed(6),
        peak_heap_bytes: score.high,
        end_heap_bytes: score.high,
        average_heap_bytes: (score.heapSum / score.operations).toFixed(1),
        peak_live_bytes: score.peakLive,
        failures: score.failures,
        allocations: score.allocations,
        finds: score.finds,
        probes: score.probes,
        splits: score.splits,
        merges: score.merges,
        probes_per_allocation: score.probesEach.toFixed(6),
        probes_p999: score.worstProbes,
        splits_per_allocation: score.splitsEach.toFixed(6),
        moved: score.moves,
        resized_in_place: score.resizes,
    };
    console.log(name, ...Object.entries(words).map(([word, value]) => `${word}=${value}`));
}
