// The heap at one operation of the window, exactly. It begins as the base, and each step changes it. The changes of
// a step are kept, so that a step back is as quick. The steps name free blocks and their lists, so this file needs
// to know no policy.

const USED = 0;
const FREE = 1;
const SOLID = 2;
const [NOTHING, PLACED, RESIZED, MOVED, FREED, FAILED] = [0, 1, 2, 3, 4, 5];
const REALLOC = 3;

class Heap {
  constructor(policy, model, base, steps) {
    this.header = policy.header / GRANULE;
    this.objects = model.objects;
    this.calls = model.calls;
    this.blocks = new Map(); // offset in granules -> { kind, size, row, asked, count }
    this.place = new Map(); // row of an object -> offset
    this.lists = new Map(); // list -> offsets, in its order
    this.at = facts.from - 1; // the operation that was done last
    this.readBase(base);
    this.steps = this.readSteps(steps);
    this.sorted = null;
  }

  readBase(reader) {
    this.top = reader.number();
    this.high = reader.number();
    this.rover = reader.number() - 1;
    const count = reader.number();
    const kinds = reader.numbers(count);
    const sizes = reader.numbers(count);
    const all = Array.from(kinds, (kind, i) => ({ kind, size: sizes[i], row: -1, asked: 0, count: 1 }));
    let row = 0;
    for (const block of all) if (block.kind === USED) block.row = row += reader.signed();
    for (const block of all) if (block.kind === USED) block.asked = reader.number();
    row = 0;
    for (const block of all) {
      if (block.kind !== SOLID) continue;
      block.count = reader.number();
      block.asked = reader.number();
      block.row = row += reader.signed();
    }
    let offset = this.header;
    for (const block of all) {
      this.blocks.set(offset, block);
      if (block.kind === USED) this.place.set(block.row, offset);
      offset += block.size + this.header;
    }
    let last = 0;
    for (let lists = reader.number(); lists > 0; lists--) {
      const list = reader.number();
      const items = [];
      for (let n = reader.number(); n > 0; n--) items.push((last += reader.signed()));
      this.lists.set(list, items);
    }
  }

  // Steps are decoded when first needed. Distances in a step count from the place of its block.
  readSteps(reader) {
    const steps = [];
    let offset = 0;
    for (let i = 0; i < this.calls.count; i++) {
      const bits = reader.number();
      const step = { outcome: bits & 7, grew: bits & 8 ? reader.number() : 0, rover: null, placed: false, log: null };
      if (bits & 16) step.rover = reader.number() - 1;
      if (bits & 32) {
        step.placed = true;
        step.offset = offset += reader.signed();
        step.size = reader.number();
        step.asked = reader.number();
      }
      step.finds = reader.number();
      step.probes = reader.number();
      step.splits = reader.number();
      step.merges = reader.number();
      const length = reader.number();
      step.edits = reader.bytes.subarray(reader.at, reader.at + length);
      reader.at += length;
      steps.push(step);
    }
    return steps;
  }

  endedRow(i) {
    const kind = this.calls.kind[i];
    if (kind === REALLOC) return this.calls.previous[i] - 1;
    return kind === 4 || kind === 5 ? this.calls.object[i] - 1 : -1;
  }

  // Applies step i for the first time, and keeps the changes.
  apply(i) {
    const step = this.steps[i];
    const log = { blocks: [], lists: [], places: [], top: this.top, high: this.high, rover: this.rover };
    const put = (offset, block) => {
      log.blocks.push([offset, this.blocks.get(offset), block]);
      this.putBlock(offset, block);
    };
    const settle = (row, offset) => {
      log.places.push([row, this.place.get(row), offset]);
      this.putPlace(row, offset);
    };
    const ended = this.endedRow(i);
    const old = ended >= 0 ? this.place.get(ended) : undefined;
    step.old = old;
    step.oldBlock = old === undefined ? null : this.blocks.get(old);
    if (old !== undefined) {
      put(old, undefined);
      settle(ended, undefined);
    }
    this.applyEdits(step, log, put, step.placed ? step.offset : old ?? 0);
    if (step.placed) {
      const row = this.calls.object[i] - 1;
      put(step.offset, { kind: USED, size: step.size, row, asked: step.asked, count: 1 });
      settle(row, step.offset);
      this.high = Math.max(this.high, step.offset + step.size);
    }
    this.top += step.grew;
    if (step.rover !== null) this.rover = step.rover;
    log.after = { top: this.top, high: this.high, rover: this.rover };
    step.log = log;
  }

  applyEdits(step, log, put, near) {
    const reader = new Reader(step.edits);
    const came = [];
    while (reader.at < step.edits.length) {
      const list = reader.number();
      const place = reader.number();
      const gone = reader.number();
      const come = [];
      for (let n = reader.number(); n > 0; n--) {
        near += reader.signed();
        come.push(near);
        came.push([near, reader.number()]);
      }
      const items = this.lists.get(list) || [];
      const removed = items.splice(place, gone, ...come);
      this.lists.set(list, items);
      log.lists.push([list, place, removed, come]);
    }
    for (const [, , removed] of log.lists) for (const offset of removed) put(offset, undefined);
    for (const [offset, size] of came) put(offset, { kind: FREE, size, row: -1, asked: 0, count: 1 });
  }

  putBlock(offset, block) {
    if (block) this.blocks.set(offset, block);
    else this.blocks.delete(offset);
  }

  putPlace(row, offset) {
    if (offset === undefined) this.place.delete(row);
    else this.place.set(row, offset);
  }

  forward() {
    const i = this.at + 1 - facts.from;
    const { log } = this.steps[i];
    if (log) {
      for (const [offset, , block] of log.blocks) this.putBlock(offset, block);
      for (const [row, , offset] of log.places) this.putPlace(row, offset);
      for (const [list, place, removed, come] of log.lists) this.lists.get(list).splice(place, removed.length, ...come);
      Object.assign(this, log.after);
    } else {
      this.apply(i);
    }
    this.at++;
    this.sorted = null;
  }

  back() {
    const { log } = this.steps[this.at - facts.from];
    for (const [offset, block] of log.blocks.slice().reverse()) this.putBlock(offset, block);
    for (const [row, offset] of log.places.slice().reverse()) this.putPlace(row, offset);
    for (const [list, place, removed, come] of log.lists.slice().reverse())
      this.lists.get(list).splice(place, come.length, ...removed);
    this.top = log.top;
    this.high = log.high;
    this.rover = log.rover;
    this.at--;
    this.sorted = null;
  }

  // False: outside the window.
  goTo(at) {
    if (at < facts.from - 1 || at >= facts.to) return false;
    while (this.at < at) this.forward();
    while (this.at > at) this.back();
    return true;
  }

  // The offsets of all blocks, in address order.
  order() {
    if (!this.sorted) this.sorted = Float64Array.from(this.blocks.keys()).sort();
    return this.sorted;
  }

  // The index in order() of the block that holds the granule, its header included.
  indexAt(granule) {
    const order = this.order();
    let low = 0;
    let high = order.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (order[middle] - this.header <= granule) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // The place of the free block at an offset in the lists: [list, place in it], or null.
  listed(offset) {
    for (const [list, items] of this.lists) {
      const place = items.indexOf(offset);
      if (place >= 0) return [list, place];
    }
    return null;
  }

  sums() {
    const sums = { asked: 0, waste: 0, headers: 0, free: 0, holes: 0, largest: 0, blocks: 0 };
    for (const block of this.blocks.values()) {
      const bytes = block.size * GRANULE;
      sums.headers += block.count * this.header * GRANULE; // a hole's header, too: no program can use it
      if (block.kind === FREE) {
        sums.free += bytes;
        sums.holes++;
        sums.largest = Math.max(sums.largest, bytes);
        continue;
      }
      const inner = (block.count - 1) * this.header * GRANULE;
      sums.blocks += block.count;
      sums.asked += block.asked;
      sums.waste += bytes - inner - block.asked;
    }
    return sums;
  }

  // Places and sizes in bytes: a test compares them with the replay, and other programs may read them.
  dump() {
    const blocks = Array.from(this.order(), (offset) => {
      const block = this.blocks.get(offset);
      const row = { offset: offset * GRANULE, size: block.size * GRANULE, free: block.kind === FREE };
      if (block.kind === SOLID) row.blocks = block.count;
      if (!row.free) Object.assign(row, { requested: block.asked, born: this.objects.born[block.row] });
      return row;
    });
    const lists = [...this.lists].filter(([, items]) => items.length).sort((a, b) => a[0] - b[0]);
    return {
      operation: this.at, top: this.top * GRANULE, high: this.high * GRANULE, blocks,
      rover: this.rover < 0 ? null : this.rover * GRANULE,
      free_lists: lists.map(([list, items]) => ({ list, offsets: items.map((offset) => offset * GRANULE) })),
    };
  }
}
