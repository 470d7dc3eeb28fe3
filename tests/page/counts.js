// Replays a trace's calls in the page's engine, under node: counts.js ENGINE.wasm CALLS.txt. It prints, for each of
// the eight policies, the lines of `halloc replay --json` that do not depend on time.
"use strict";
const fs = require("fs"), path = require("path"), vm = require("vm");
const page = path.join(__dirname, "../../page");
for (const part of ["heap", "calls", "score"]) vm.runInThisContext(fs.readFileSync(path.join(page, `${part}.js`), "utf8"));

const replay = new vm.Script(`(bytes, text) => {
  const module = new WebAssembly.Module(bytes), calls = callsOfTrace(text);
  return POLICIES.slice(0, YOURS).map((name, policy) => {
    const run = new Run(module, policy, calls);
    run.go(calls.length);
    return [name, run.score, run.heap.check()];
  });
}`).runInThisContext();

for (const [name, score, broken] of replay(fs.readFileSync(process.argv[2]), fs.readFileSync(process.argv[3], "utf8"))) {
  if (broken) console.log(`${name}: ${broken}`);
  console.log(`${name} ${JSON.stringify({
    peak_overhead: score.overhead.toFixed(6), peak_heap_bytes: score.high,
    average_heap_bytes: (score.heapSum / score.operations).toFixed(1), peak_live_bytes: score.peakLive,
    failures: score.failures, allocations: score.allocations, finds: score.finds, probes: score.probes,
    splits: score.splits, merges: score.merges, probes_p999: score.worstProbes, moved: score.moves,
    resized_in_place: score.resizes})}`);
}
