// The heap over time: operations across, addresses down. Tiles are painted once for each level
// and theme, as a picture of one pixel for each tile. The line of the shown operation is drawn over it.

let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "panel", "ink", "soft", "line", "asked", "waste", "header", "free", "hatch", "none",
    "accent", "arrow", "pin", "live", "never"])
    colours[name] = style.getPropertyValue(`--${name}`).trim();
}

function rgb(hex) {
  const n = parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

// A canvas's context in CSS pixels, on any screen.
function surface(canvas) {
  const box = canvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(box.width * ratio));
  const height = Math.max(1, Math.round(box.height * ratio));
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, box.width, box.height);
  return { context, width: box.width, height: box.height };
}

// The share of a cell that each state has: asked, waste, header, free, none; together 1.
function shares(level, column, row) {
  const cell = row * level.columns + column;
  const [asked, waste, header] = level.planes.map((plane) => plane[cell] / level.whole);
  const heap = Math.min(1, Math.max(0, level.top[column] / level.rowBytes - row));
  const sum = Math.max(1, asked + waste + header);
  const free = Math.max(0, heap - asked - waste - header);
  return [asked / sum, waste / sum, header / sum, free, Math.max(0, 1 - Math.max(heap, asked + waste + header))];
}

function mix(parts, palette) {
  const sum = [0, 0, 0];
  parts.forEach((share, i) => {
    for (let c = 0; c < 3; c++) sum[c] += share * palette[i][c];
  });
  return sum;
}

function palette() {
  return [colours.asked, colours.waste, colours.header, colours.free, colours.none].map(rgb);
}

function paintLevel(level) {
  const canvas = document.createElement("canvas");
  canvas.width = level.columns;
  canvas.height = level.rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(level.columns, level.rows);
  const all = palette();
  for (let row = 0, at = 0; row < level.rows; row++)
    for (let column = 0; column < level.columns; column++) {
      const [r, g, b] = mix(shares(level, column, row), all);
      image.data[at++] = r;
      image.data[at++] = g;
      image.data[at++] = b;
      image.data[at++] = 255;
    }
  context.putImageData(image, 0, 0);
  return canvas;
}

const MARGIN = { left: 74, right: 8, top: 6, bottom: 36 };

// Round steps for an axis: 1, 2 or 5 times a power of ten, or of two for bytes.
function axisStep(length, most, binary) {
  let step = 1;
  if (binary) while (length / step > most) step *= 2;
  else for (let i = 0; length / step > most; i++) step *= [2, 2.5, 2][i % 3];
  return step;
}

class Overview {
  constructor(policy, canvas) {
    this.policy = policy;
    this.canvas = canvas;
    this.paint = new Map();
  }

  forget() {
    this.paint.clear();
  }

  get level() {
    return this.policy.all[Math.min(view.level, this.policy.all.length - 1)];
  }

  // The place of an operation across, and the operation at a place.
  x(at) {
    const { level } = this;
    return MARGIN.left + ((at + 0.5 - level.from) / (level.to - level.from)) * this.inner;
  }
  operationAt(x) {
    const { level } = this;
    const at = level.from + ((x - MARGIN.left) / this.inner) * (level.to - level.from);
    return Math.max(level.from, Math.min(level.to - 1, Math.floor(at)));
  }

  draw() {
    const { context, width, height } = surface(this.canvas);
    const { level } = this;
    this.inner = Math.max(1, width - MARGIN.left - MARGIN.right);
    this.down = height - MARGIN.top - MARGIN.bottom;
    if (!this.paint.has(level)) this.paint.set(level, paintLevel(level));
    // All policies' heaps have one scale, so that their heights can be compared.
    this.scale = Math.max(...model.policies.map((policy) => Math.max(...policy.all[0].top)));
    context.fillStyle = colours.none;
    context.fillRect(MARGIN.left, MARGIN.top, this.inner, this.down);
    context.imageSmoothingEnabled = level.columns > this.inner;
    context.imageSmoothingQuality = "high";
    context.save();
    context.beginPath();
    context.rect(MARGIN.left, MARGIN.top, this.inner, this.down);
    context.clip();
    context.drawImage(this.paint.get(level), MARGIN.left, MARGIN.top, this.inner, (this.down * level.bytes) / this.scale);
    this.drawLine(context, level.live);
    context.restore();
    this.drawAxes(context, height);
    this.drawWindow(context);
    this.drawMarks(context);
    this.drawNow(context);
  }

  // The top of a heap that had only the requested bytes.
  drawLine(context, bytes) {
    const { level } = this;
    context.setLineDash([5, 4]);
    context.lineWidth = 1.5;
    context.strokeStyle = colours.live;
    context.beginPath();
    for (let column = 0; column < level.columns; column++)
      context.lineTo(this.x(level.operation[column]), MARGIN.top + (bytes[column] / this.scale) * this.down);
    context.stroke();
    context.setLineDash([]);
  }

  drawAxes(context, height) {
    const { level } = this;
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = colours.soft;
    context.textAlign = "right";
    context.textBaseline = "middle";
    const step = axisStep(this.scale, this.down / 38, true);
    for (let bytes = 0; bytes <= this.scale; bytes += step)
      context.fillText(wordBytes(bytes), MARGIN.left - 7, MARGIN.top + Math.max(3, (bytes / this.scale) * this.down));
    const across = axisStep(level.to - level.from, Math.max(2, this.inner / 110), false);
    context.textBaseline = "alphabetic";
    for (let at = Math.ceil(level.from / across) * across; at < level.to; at += across) {
      const x = this.x(at);
      context.textAlign = x < MARGIN.left + 24 ? "left" : x > MARGIN.left + this.inner - 30 ? "right" : "center";
      context.fillText(wordCount(at), x, height - 19);
    }
    context.textAlign = "center";
    context.fillText("operations: time goes on to the right →", MARGIN.left + this.inner / 2, height - 4);
    context.save();
    context.translate(10, MARGIN.top + this.down / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(this.down > 150 ? "← higher addresses in the heap" : "← addresses", 0, 0);
    context.restore();
  }

  drawWindow(context) {
    const { level } = this;
    if (!model.policies[0].heap || (facts.from <= level.from && facts.to >= level.to)) return;
    const left = Math.max(MARGIN.left, this.x(facts.from - 0.5));
    const right = Math.min(MARGIN.left + this.inner, this.x(facts.to - 0.5));
    context.fillStyle = colours.asked;
    context.fillRect(left, MARGIN.top + this.down + 1, Math.max(3, right - left), 3);
  }

  drawMarks(context) {
    const { level } = this;
    const bottom = MARGIN.top + this.down;
    let last = -9;
    for (const mark of this.policy.marks) {
      if (mark.operation < level.from || mark.operation >= level.to) continue;
      const x = this.x(mark.operation);
      if (x - last < (mark.failed ? 1 : 3)) continue;
      last = x;
      context.fillStyle = mark.failed ? colours.accent : colours.soft;
      if (mark.failed) {
        context.beginPath();
        context.moveTo(x, bottom - 9);
        context.lineTo(x - 4, bottom);
        context.lineTo(x + 4, bottom);
        context.fill();
      } else {
        context.fillRect(x - 0.5, bottom - 4, 1, 4);
      }
    }
  }

  drawNow(context) {
    const { level } = this;
    if (view.at < level.from - 1 || view.at >= level.to) return;
    const x = Math.max(MARGIN.left, this.x(view.at));
    context.fillStyle = colours.accent;
    context.fillRect(x - 0.75, MARGIN.top - 4, 1.5, this.down + 8);
    context.beginPath();
    context.moveTo(x - 5, 0);
    context.lineTo(x + 5, 0);
    context.lineTo(x, 6);
    context.fill();
  }
}
