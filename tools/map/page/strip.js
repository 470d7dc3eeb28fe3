// One moment of the heap: its blocks in address order, and below them the free list in list order.

const VIRIDIS = ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"];
// Okabe and Ito's colours: they differ for colour-blind readers.
const KINDS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"];

function ramp(share) {
  const at = Math.max(0, Math.min(1, share)) * (VIRIDIS.length - 1);
  const low = Math.min(VIRIDIS.length - 2, Math.floor(at));
  const [from, to] = [rgb(VIRIDIS[low]), rgb(VIRIDIS[low + 1])];
  return from.map((c, i) => Math.round(c + (to[i] - c) * (at - low)));
}

// The most frequent threads or sites get a colour of their own.
function rankKinds(column) {
  const counts = new Map();
  for (const kind of column) counts.set(kind, (counts.get(kind) || 0) + 1);
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return new Map(ranked.slice(0, KINDS.length).map(([kind], i) => [kind, KINDS[i]]));
}

function logShare(number, most) {
  return Math.log2(1 + Math.max(0, number)) / Math.log2(1 + Math.max(1, most));
}

// The colour of a block in use, as [r, g, b].
function blockColour(block, at) {
  const { objects } = model;
  switch (view.colour) {
    case "size":
      return ramp((Math.log2(1 + block.asked / block.count) - 3) / 17);
    case "age":
      return ramp(1 - logShare(at - objects.born[block.row], facts.operations));
    case "death":
      return objects.died[block.row] === Infinity ? rgb(colours.never)
        : ramp(1 - logShare(objects.died[block.row] - at, facts.operations));
    case "thread":
      return rgb(model.threads.get(objects.thread[block.row]) || colours.never);
    default:
      return rgb(model.sites.get(objects.site[block.row]) || colours.never);
  }
}

const HEADS_NAMED = 6;
const POINTED_PIXELS = 14;

const cssColour = ([r, g, b]) => `rgb(${r},${g},${b})`;
const inkOn = ([r, g, b]) => (r * 0.3 + g * 0.59 + b * 0.11 > 140 ? "#10151c" : "#ffffff");

class Strip {
  constructor(policy, canvas, list, minimap) {
    Object.assign(this, { policy, canvas, list, minimap });
  }

  // The heap from granule `left` on, view.wide granules across. All policies have one scale, and each has its
  // own place.
  get left() {
    return view.lefts[this.policy.index];
  }
  x(granule) {
    return ((granule - this.left) / view.wide) * this.width;
  }
  granuleAt(x) {
    return this.left + (x / this.width) * view.wide;
  }

  draw() {
    const { context, width, height } = surface(this.canvas);
    this.width = width;
    this.height = height;
    context.fillStyle = colours.none;
    context.fillRect(0, 0, width, height);
    const { heap } = this.policy;
    this.exact = Boolean(heap && view.exact);
    if (this.exact) this.drawBlocks(context, heap);
    else this.drawTiles(context);
    this.drawList();
    this.drawMinimap();
  }

  // Outside the window: the nearest column of tiles, from left to right.
  drawTiles(context) {
    const level = bestLevel(this.policy, view.at);
    const column = columnOf(level, view.at);
    const all = palette();
    for (let row = 0; row < level.rows; row++) {
      const left = this.x((row * level.rowBytes) / GRANULE);
      const right = this.x(((row + 1) * level.rowBytes) / GRANULE);
      if (right < 0 || left > this.width) continue;
      context.fillStyle = cssColour(mix(shares(level, column, row), all).map(Math.round));
      context.fillRect(left, 22, right - left + 0.6, this.height - 44);
    }
    this.drawScale(context);
  }

  drawBlocks(context, heap) {
    const order = heap.order();
    const top = 22;
    const high = this.height - 44;
    const fine = new Float64Array(Math.ceil(this.width + 1) * 4);
    this.hatch = this.hatchOf(context);
    for (let i = heap.indexAt(Math.max(0, this.left)); i < order.length; i++) {
      const offset = order[i];
      const left = this.x(offset - heap.header);
      if (left > this.width) break;
      const block = heap.blocks.get(offset);
      const right = this.x(offset + block.size);
      if (right - left < 2) this.addFine(fine, left, right, block, heap.at);
      else this.drawBlock(context, heap, offset, block, { left, right, top, high });
    }
    this.drawFine(context, fine, top, high);
    this.drawEnd(context, heap, top, high);
    this.drawFocus(context, heap, top, high);
    this.drawScale(context);
  }

  // Blocks too small to draw are mixed, pixel by pixel.
  addFine(fine, left, right, block, at) {
    const colour = block.kind === FREE ? rgb(colours.free) : blockColour(block, at);
    for (let pixel = Math.max(0, Math.floor(left)); pixel < right && pixel < this.width; pixel++) {
      const share = Math.min(right, pixel + 1) - Math.max(left, pixel);
      for (let c = 0; c < 3; c++) fine[pixel * 4 + c] += share * colour[c];
      fine[pixel * 4 + 3] += share;
    }
  }

  drawFine(context, fine, top, high) {
    for (let pixel = 0; pixel < this.width; pixel++) {
      const sum = fine[pixel * 4 + 3];
      if (sum < 0.02) continue;
      context.globalAlpha = Math.min(1, sum);
      context.fillStyle = cssColour([0, 1, 2].map((c) => Math.round(fine[pixel * 4 + c] / sum)));
      context.fillRect(pixel, top, 1, high);
    }
    context.globalAlpha = 1;
  }

  hatchOf(context) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const pen = tile.getContext("2d");
    pen.fillStyle = colours.free;
    pen.fillRect(0, 0, 6, 6);
    pen.strokeStyle = colours.hatch;
    pen.beginPath();
    for (const from of [-6, 0, 6]) {
      pen.moveTo(from - 1, 7);
      pen.lineTo(from + 7, -1);
    }
    pen.stroke();
    return context.createPattern(tile, "repeat");
  }

  drawBlock(context, heap, offset, block, { left, right, top, high }) {
    const wide = right - left;
    const gap = wide > 5 ? 1 : 0;
    if (block.kind === FREE) {
      context.fillStyle = this.hatch;
      context.fillRect(left, top, wide - gap, high);
      this.drawLabel(context, left, wide, top, high, [wordBytes(block.size * GRANULE), "free"], colours.ink);
      return;
    }
    const colour = blockColour(block, heap.at);
    context.fillStyle = cssColour(colour);
    context.fillRect(left, top, wide - gap, high);
    const payload = this.x(offset);
    if (payload - left > 1) {
      context.fillStyle = colours.header;
      context.fillRect(left, top, Math.min(payload - left, wide - gap), high);
    }
    const asked = this.x(offset + block.asked / GRANULE);
    if (block.kind === USED && right - asked > 1.5) {
      context.fillStyle = colours.waste;
      context.fillRect(asked, top, right - asked - gap, high);
    }
    const second = block.kind === SOLID ? `${wordCount(block.count)} blocks` : siteOf(block.row);
    this.drawLabel(context, payload, Math.min(asked, right) - payload, top, high, [wordBytes(block.asked), second], inkOn(colour));
  }

  drawLabel(context, left, wide, top, high, words, colour) {
    context.font = "600 12px system-ui, sans-serif";
    if (wide < 26 || wide < context.measureText(words[0]).width + 11) return;
    context.save();
    context.beginPath();
    context.rect(left + 3, top, wide - 6, high);
    context.clip();
    context.fillStyle = colour;
    context.textAlign = "left";
    context.textBaseline = "middle";
    const lines = wide > 90 && words[1] ? 2 : 1;
    context.fillText(words[0], left + 6, top + high / 2 - (lines - 1) * 8);
    context.font = "11px system-ui, sans-serif";
    if (lines === 2) context.fillText(words[1], left + 6, top + high / 2 + 9);
    context.restore();
  }

  drawEnd(context, heap, top, high) {
    const x = this.x(heap.top);
    if (x < 0 || x > this.width + 2) return;
    context.fillStyle = colours.ink;
    context.fillRect(Math.min(x, this.width - 2), top - 4, 2, high + 8);
  }

  // The operation's block, the selected block, and the blocks that pin it.
  drawFocus(context, heap, top, high) {
    const frame = (offset, size, colour) => {
      const left = Math.max(-2, this.x(offset - heap.header));
      const right = Math.min(this.width + 2, Math.max(left + 3, this.x(offset + size)));
      if (right < 0 || left > this.width) return;
      context.strokeStyle = colour;
      context.lineWidth = 2.5;
      context.strokeRect(left + 0.5, top - 2, right - left - 1.5, high + 4);
      context.fillStyle = colour;
      context.beginPath();
      const middle = Math.max(6, Math.min(this.width - 6, (left + right) / 2));
      context.moveTo(middle - 6, top - 13);
      context.lineTo(middle + 6, top - 13);
      context.lineTo(middle, top - 4);
      context.fill();
    };
    const now = focusOf(this.policy);
    if (now) frame(now.offset, now.size, colours.accent);
    const chosen = chosenOf(this.policy);
    if (!chosen) return;
    for (const pin of chosen.pins) frame(pin.offset, pin.block.size, colours.pin);
    frame(chosen.offset, chosen.block.size, colours.arrow);
  }

  drawScale(context) {
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = colours.soft;
    context.textBaseline = "alphabetic";
    const step = axisStep(view.wide * GRANULE, Math.max(2, this.width / 120), true);
    for (let bytes = Math.ceil((this.left * GRANULE) / step) * step; bytes <= (this.left + view.wide) * GRANULE; bytes += step) {
      const x = this.x(bytes / GRANULE);
      context.textAlign = x < 30 ? "left" : x > this.width - 34 ? "right" : "center";
      context.fillText(step < 65536 ? `0x${bytes.toString(16)}` : wordBytes(bytes), x, this.height - 6);
      context.fillRect(x - 0.5, this.height - 21, 1, 4);
    }
    context.textAlign = "left";
    if (this.width > 500) context.fillText("addresses in the heap →", 0, 11);
  }

  drawMinimap() {
    const { context, width, height } = surface(this.minimap);
    context.fillStyle = colours.line;
    context.fillRect(0, height / 2 - 1.5, width, 3);
    context.fillStyle = colours.soft;
    const left = (this.left / heapWide()) * width;
    context.fillRect(left, 1, Math.max(6, (view.wide / heapWide()) * width), height - 2);
  }

  // --- The free list ---------------------------------------------------------------------------------------

  // Arrows in list order, from the head of each list, as many as an eye can follow.
  links(heap) {
    const links = [];
    for (const [list, items] of heap.lists)
      for (let i = 0; i < items.length; i++) {
        const from = i ? items[i - 1] : null;
        const inView = (offset) => offset !== null && this.x(offset) > -20 && this.x(offset) < this.width + 20;
        if (inView(items[i]) || inView(from)) links.push({ list, place: i, from, to: items[i] });
      }
    links.sort((a, b) => a.place - b.place || a.list - b.list);
    return links;
  }

  middle(heap, offset) {
    const block = heap.blocks.get(offset);
    const left = Math.max(0, this.x(offset - heap.header));
    const right = Math.min(this.width, this.x(offset + (block ? block.size : 0)));
    return left > right ? this.x(offset) : (left + right) / 2;
  }

  drawList() {
    const { context, width, height } = surface(this.list);
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    context.fillStyle = colours.soft;
    if (!this.exact) {
      context.textAlign = "center";
      context.fillText("the free list is shown inside the window of exact operations", width / 2, height / 2);
      return;
    }
    if (isProcess(this.policy)) {
      context.textAlign = "center";
      context.fillText("no free list: what is free lies in slabs and in free blocks", width / 2, height / 2);
      return;
    }
    const { heap } = this.policy;
    const all = this.links(heap);
    const most = Math.round(width / 9);
    const drawn = all.slice(0, most);
    drawn.slice().reverse().forEach((link) => this.drawLink(context, heap, link, height));
    const heads = drawn.filter((link) => link.from === null);
    this.nameHeads(context, heap, heads);
    const items = [...heap.lists.values()].reduce((sum, list) => sum + list.length, 0);
    const used = [...heap.lists.values()].filter((list) => list.length).length;
    context.textAlign = "left";
    context.fillStyle = colours.soft;
    const words = `${wordCount(items)} free block${items === 1 ? "" : "s"} in ${wordCount(used)} list${used === 1 ? "" : "s"}`;
    context.fillText(all.length > most ? `${words}; the first ${most} of ${wordCount(all.length)} links here` : words, 2, height - 8);
    if (heads.length > HEADS_NAMED) {
      const hint = "point at a block: its list";
      context.textAlign = "right";
      if (width > 600) context.fillText(hint, width - 2, height - 8);
    }
    this.namePointed(context, heap, all);
    if (heap.rover >= 0) {
      context.textAlign = "center";
      context.fillStyle = colours.accent;
      context.fillText("▲ rover", this.middle(heap, heap.rover), 20);
    }
  }

  drawLink(context, heap, link, height) {
    const to = this.middle(heap, link.to);
    const chosen = view.chosen && view.chosen.policy === this.policy.index && view.chosen.offset === link.to;
    const alpha = chosen ? 1 : Math.max(0.3, 1 - link.place / 60);
    context.globalAlpha = alpha;
    context.strokeStyle = context.fillStyle = chosen ? colours.accent : colours.arrow;
    context.lineWidth = chosen ? 2.5 : link.place < 4 ? 1.7 : 1.1;
    if (link.from === null) {
      context.beginPath();
      context.arc(to, 8, 3.2, 0, 7);
      context.fill();
    } else {
      const from = this.middle(heap, link.from);
      const deep = Math.min(height - 24, 16 + Math.sqrt(Math.abs(to - from)) * 4.2);
      context.beginPath();
      context.moveTo(from, 4);
      context.bezierCurveTo(from + (to - from) * 0.08, deep * 1.3, to - (to - from) * 0.08, deep * 1.3, to, 6);
      context.stroke();
      context.beginPath();
      context.moveTo(to, 2);
      context.lineTo(to - 3.6, 9.5);
      context.lineTo(to + 3.6, 9.5);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  // A few heads are named. Of many, the one at the pointer is: names would lie over one another.
  nameHeads(context, heap, heads) {
    const named = [];
    if (heads.length > HEADS_NAMED) return;
    for (const { to } of heads) {
      const x = this.middle(heap, to);
      if (x < 0 || x > this.width || named.some((other) => Math.abs(other - x) < 34)) continue;
      named.push(x);
      this.write(context, "head", x, 20);
    }
  }

  // Each letter has a rim of paper, because it lies over arrows.
  write(context, words, x, y) {
    const half = context.measureText(words).width / 2 + 3;
    context.textAlign = "center";
    context.strokeStyle = colours.paper;
    context.fillStyle = colours.arrow;
    context.lineWidth = 5;
    context.lineJoin = "round";
    const at = Math.max(half, Math.min(this.width - half, x));
    context.strokeText(words, at, y);
    context.fillText(words, at, y);
  }

  // The free block nearest to the pointer: which list it is on, and where.
  namePointed(context, heap, links) {
    if (this.pointed === undefined) return;
    let best = null;
    for (const link of links) {
      const distance = Math.abs(this.middle(heap, link.to) - this.pointed);
      if (distance < POINTED_PIXELS && (!best || distance < best.distance)) best = { ...link, distance };
    }
    if (!best) return;
    const block = heap.blocks.get(best.to);
    const items = heap.lists.get(best.list);
    this.write(context, `list ${best.list}: number ${best.place + 1} of ${wordCount(items.length)}, ${wordBytes(block.size * GRANULE)}`,
      this.middle(heap, best.to), 20);
  }
}
