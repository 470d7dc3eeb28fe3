"use strict";
// The page's data: sections of numbers. tools/map/page/sections.h describes them.

const GRANULE = 16;
const facts = JSON.parse(document.getElementById("facts").textContent);

// Numbers of up to 53 bits, seven bits in each byte. Shifts would lose bits beyond 31.
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  number() {
    let byte = this.bytes[this.at++];
    if (byte < 128) return byte;
    let number = byte & 127;
    let scale = 128;
    do {
      if (this.at >= this.bytes.length) throw new Error("the page's data ends too early");
      byte = this.bytes[this.at++];
      number += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127);
    return number;
  }
  signed() {
    const folded = this.number();
    return folded % 2 ? -(folded + 1) / 2 : folded / 2;
  }
  numbers(count) {
    const all = new Float64Array(count);
    for (let i = 0; i < count; i++) all[i] = this.number();
    return all;
  }
  steps(count) {
    const all = new Float64Array(count);
    for (let i = 0, last = 0; i < count; i++) all[i] = last += this.signed();
    return all;
  }
}

async function section(name) {
  const element = document.querySelector(`[data-section="${name}"]`);
  if (!element) return null;
  const text = atob(element.textContent);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  element.remove();
  if (facts.pack === "none") return new Reader(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(facts.pack));
  return new Reader(new Uint8Array(await new Response(stream).arrayBuffer()));
}

function readObjects(reader) {
  const count = reader.number();
  const born = reader.steps(count);
  const died = reader.numbers(count);
  for (let i = 0; i < count; i++) died[i] = died[i] ? born[i] + died[i] - 1 : Infinity;
  return { count, born, died, size: reader.numbers(count), thread: reader.numbers(count), site: reader.numbers(count) };
}

function readCalls(reader) {
  const count = facts.to - facts.from;
  const kind = reader.numbers(count);
  const object = reader.numbers(count);
  const previous = reader.numbers(count);
  return { count, kind, object, previous, size: reader.numbers(count), thread: reader.numbers(count) };
}

function readPlane(reader, cells, columns) {
  const plane = new Uint8Array(cells);
  for (let at = 0; at < cells;) {
    at += reader.number();
    for (let count = reader.number(); count > 0; count--) plane[at++] = reader.bytes[reader.at++];
  }
  for (let at = 0; at < cells; at++) if (at % columns) plane[at] += plane[at - 1];
  return plane;
}

function readLevel(reader) {
  const level = { from: reader.number(), to: reader.number() };
  level.columns = reader.number();
  level.rows = reader.number();
  level.rowBytes = reader.number();
  level.whole = reader.number();
  level.operation = reader.steps(level.columns);
  level.top = reader.steps(level.columns).map((top) => top * GRANULE);
  level.live = reader.steps(level.columns);
  level.used = reader.steps(level.columns);
  const cells = level.columns * level.rows;
  level.planes = [0, 1, 2].map(() => readPlane(reader, cells, level.columns));
  level.bytes = level.rows * level.rowBytes;
  return level;
}

// The column that shows operation `at`: the first that ends there or later.
function columnOf(level, at) {
  let low = 0;
  let high = level.columns - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (level.operation[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function readMarks(reader) {
  const count = reader.number();
  const at = reader.steps(count);
  const what = reader.numbers(count);
  return Array.from(at, (operation, i) => ({ operation, grew: Math.floor(what[i] / 2) * GRANULE, failed: what[i] % 2 === 1 }));
}

// All data, policy by policy. A policy without a window has no heap.
async function readAll() {
  const model = { policies: [] };
  model.objects = readObjects(await section("objects"));
  model.calls = readCalls(await section("calls"));
  for (let p = 0; p < facts.policies.length; p++) {
    const policy = { ...facts.policies[p], index: p, all: [] };
    for (let l = 0; l < policy.levels; l++) policy.all.push(readLevel(await section(`level${p}.${l}`)));
    policy.marks = readMarks(await section(`marks${p}`));
    const base = await section(`base${p}`);
    policy.heap = base ? new Heap(policy, model, base, await section(`steps${p}`)) : null;
    model.policies.push(policy);
  }
  return model;
}
