// The sentences of the page: numbers, what an operation did and why, which blocks pin a hole.

const CALLS = ["malloc", "calloc", "aligned_alloc", "realloc", "free", "free", "free(NULL)", "free of something older",
  "a call", "a thread's exit", "fork"];

function wordCount(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function wordBytes(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let scaled = bytes / 1024;
  let unit = 0;
  for (; scaled >= 1024 && unit < 3; unit++) scaled /= 1024;
  return `${scaled >= 100 || Number.isInteger(scaled) ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit]}`;
}

const exactBytes = (bytes) => (bytes < 10000 ? `${wordCount(bytes)} B` : wordBytes(bytes));

function plural(count, word) {
  return `${wordCount(count)} ${word}${count === 1 ? "" : "s"}`;
}

function escapeText(text) {
  return String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
}

// The process heap has no fit policy, and no free lists of its own.
const isProcess = (policy) => policy.name === "process";
const heapName = (policy) => (isProcess(policy) ? "process heap" : `${policy.name} fit`);

function siteOf(row) {
  const site = model.objects.site[row];
  return site ? facts.sites[site - 1] : "";
}

function placeOf(offset) {
  return `<code>0x${(offset * GRANULE).toString(16)}</code>`;
}

// The history of an object: size, call site, thread, beginning and end.
function whoOf(row, asked) {
  const { objects } = model;
  const site = siteOf(row);
  const words = [`<b>${exactBytes(asked)}</b>`];
  if (site) words.push(`from <b>${escapeText(site)}</b>`);
  if (facts.threads > 1) words.push(`thread ${objects.thread[row]}`);
  words.push(`since operation ${wordCount(objects.born[row])}`);
  words.push(objects.died[row] === Infinity ? "<b>never freed</b>" : `freed by operation ${wordCount(objects.died[row])}`);
  return words.join(", ");
}

// The block of the operation at view.at: its place now or, if it is gone, its last place.
function focusOf(policy) {
  const { heap } = policy;
  if (!heap || !view.exact || view.at < facts.from) return null;
  const step = heap.steps[view.at - facts.from];
  if (step.placed) return { offset: step.offset, size: step.size };
  return step.oldBlock ? { offset: step.old, size: step.oldBlock.size } : null;
}

// Why the heap had to grow, or the call failed: from the heap before the operation.
function reasonOf(heap, size) {
  heap.back();
  const before = heap.sums();
  heap.forward();
  if (!before.holes) return "no memory was free";
  const free = `${exactBytes(before.free)} was free in ${plural(before.holes, "hole")}`;
  const short = before.largest < size ? ": no policy could have placed it here" : "";
  return `${free}, the largest ${exactBytes(before.largest)}${short}`;
}

function happened(heap, step, call) {
  const { objects } = model;
  switch (step.outcome) {
    case PLACED:
      return `placed at ${placeOf(step.offset)}, ${exactBytes(step.size * GRANULE)} given`;
    case RESIZED:
      return `resized where it is, at ${placeOf(step.offset)}`;
    case MOVED:
      return `moved from ${placeOf(step.old)} to ${placeOf(step.offset)}`;
    case FREED: {
      const row = step.oldBlock ? step.oldBlock.row : -1;
      const lived = row < 0 ? "" : `, ${exactBytes(step.oldBlock.asked)} after ${plural(heap.at - objects.born[row], "operation")}`;
      return `${placeOf(step.old)} is free${lived}${step.merges ? `, merged with ${step.merges === 2 ? "both neighbours" : step.merges === 1 ? "a neighbour" : `${step.merges} neighbours`}` : ""}`;
    }
    case FAILED:
      return `<span class="event">failed</span>: ${reasonOf(heap, call.size)}`;
    default:
      return "nothing happens";
  }
}

function sentenceOf(policy) {
  const { heap } = policy;
  if (!heap || !view.exact) return roughSentence(policy);
  if (view.at < facts.from)
    return view.at < 0 ? "Before the first operation." : `Before operation ${wordCount(facts.from)}, the window's first.`;
  const i = view.at - facts.from;
  const step = heap.steps[i];
  const call = { kind: model.calls.kind[i], size: model.calls.size[i], object: model.calls.object[i] - 1, thread: model.calls.thread[i] };
  const begins = call.kind <= REALLOC;
  const site = begins && call.object >= 0 ? siteOf(call.object) : "";
  const words = [`<b>${CALLS[call.kind]}${begins ? ` of ${exactBytes(call.size)}` : ""}</b>`];
  if (site) words.push(` from <b>${escapeText(site)}</b>`);
  if (facts.threads > 1) words.push(`, thread ${call.thread}`);
  words.push(`: ${happened(heap, step, call)}`);
  if (step.grew) words.push(`; <span class="event">the heap grew by ${exactBytes(step.grew * GRANULE)}</span>: ${reasonOf(heap, call.size)}`);
  if (step.finds) words.push(`; ${plural(step.probes, "free block")} looked at`);
  return `${words.join("")}.`;
}

function roughSentence(policy) {
  const level = bestLevel(policy, view.at);
  const column = columnOf(level, view.at);
  const [top, live] = [level.top[column], level.live[column]];
  return `After operation ${wordCount(level.operation[column])}: ${exactBytes(live)} live in a heap of ${exactBytes(top)}.`;
}

function captionOf(policy) {
  const { heap } = policy;
  if (heap && view.exact) {
    const sums = heap.sums();
    const top = heap.top * GRANULE;
    return `<b>${escapeText(heapName(policy))}</b> <span>heap ${exactBytes(top)}</span> <span>asked for ${share(sums.asked, top)}</span>
      <span>headers ${share(sums.headers, top)}</span> <span>rounding ${share(sums.waste, top)}</span>
      <span>free ${share(sums.free, top)} in ${plural(sums.holes, "hole")}, the largest ${exactBytes(sums.largest)}</span>`;
  }
  return `<b>${escapeText(heapName(policy))}</b> <span>${escapeText(policy.summary)}</span>`;
}

function share(part, whole) {
  return whole ? `${((100 * part) / whole).toFixed(1)} %` : "0 %";
}

// --- The selected block or hole --------------------------------------------------------------------------

// A hole's neighbours in use pin it: if one of them were freed, the hole would become larger.
function chosenOf(policy) {
  const { chosen } = view;
  const { heap } = policy;
  if (!chosen || chosen.policy !== policy.index || !heap || !view.exact) return null;
  const block = heap.blocks.get(chosen.offset);
  if (!block) return null;
  const pins = [];
  if (block.kind === FREE) {
    const order = heap.order();
    const index = heap.indexAt(chosen.offset);
    for (const [side, step] of [["before it", -1], ["behind it", 1]]) {
      const offset = order[index + step];
      const other = offset === undefined ? null : heap.blocks.get(offset);
      if (other && other.kind !== FREE) pins.push({ side, offset, block: other, beyond: order[index + 2 * step] });
    }
  }
  return { offset: chosen.offset, block, pins };
}

function pinWords(heap, hole, pin) {
  const beyond = pin.beyond === undefined ? null : heap.blocks.get(pin.beyond);
  const header = heap.header * GRANULE;
  let bytes = (hole.block.size + pin.block.size) * GRANULE + header;
  if (beyond && beyond.kind === FREE) bytes += beyond.size * GRANULE + header;
  const row = pin.block.kind === SOLID
    ? `<b>${wordCount(pin.block.count)} blocks</b> in use all through the window, ${exactBytes(pin.block.asked)} asked for; the largest: ${whoOf(pin.block.row, model.objects.size[pin.block.row])}`
    : whoOf(pin.block.row, pin.block.asked);
  const then = pin.block.kind === SOLID ? "" : `<p>Were it freed, the hole could become ${exactBytes(bytes)}.</p>`;
  return `<div class="pin"><p>The block ${pin.side}, at ${placeOf(pin.offset)}: ${row}.</p>${then}</div>`;
}

function detailOf() {
  for (const policy of model.policies) {
    const chosen = chosenOf(policy);
    if (!chosen) continue;
    const { heap } = policy;
    const { block, offset } = chosen;
    const under = model.policies.length > 1 ? `, ${escapeText(heapName(policy))}` : "";
    if (block.kind === FREE) {
      const listed = heap.listed(offset);
      const order = isProcess(policy) ? "No object has it: slots of a slab, the rest of one, or a free block." : listed ? `Number ${wordCount(listed[1] + 1)} of ${wordCount(heap.lists.get(listed[0]).length)} in free list ${listed[0]}.` : "In no free list.";
      const pins = chosen.pins.length
        ? `<p>Kept from growing by ${chosen.pins.length === 2 ? "the blocks on both its sides" : "one block; on the other side lies the heap's end, or a free block that this policy keeps apart"}:</p><div class="pins">${chosen.pins.map((pin) => pinWords(heap, chosen, pin)).join("")}</div>`
        : "<p>Nothing in use lies beside it.</p>";
      return `<h2>A hole of ${exactBytes(block.size * GRANULE)} at ${placeOf(offset)}${under}</h2><p>${order}</p>${pins}`;
    }
    if (block.kind === SOLID)
      return `<h2>${wordCount(block.count)} blocks at ${placeOf(offset)}${under}</h2><p>In use all through the window, ${exactBytes(block.asked)} asked for; drawn as one, for the heap has very many blocks.</p>`;
    return `<h2>A block of ${exactBytes(block.size * GRANULE)} at ${placeOf(offset)}${under}</h2><p>${whoOf(block.row, block.asked)}.</p>
      <p>Header ${heap.header * GRANULE} B, ${exactBytes(block.size * GRANULE - block.asked)} rounding: more than asked for.</p>`;
  }
  return `<p>Tap or click a block to see what it is. Tap a hole, or press “next hole”, to see which blocks keep it from growing.</p>`;
}
