'use strict';
// The page of a snapshot: reads its lines (snapshot.h), and draws each unit of 16 KiB as a square.

const UNIT = 16384, KINDS = ['free', 'slab', 'large', 'kept', 'new'], STATES = ['active', 'partial', 'full', 'shared'];
const CELLS_MOST = 24000, NO_THREAD = 4294967295;
const $ = id => document.getElementById(id);
const view = read($('data').textContent);
let cells = [], groups = [], selected = -1;

function words(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0, sign = bytes < 0 ? '−' : '';
  for (bytes = Math.abs(bytes); bytes >= 1023.95 && unit < 4; unit++) bytes /= 1024;
  return sign + (unit ? bytes.toFixed(1) : bytes) + ' ' + units[unit];
}
const commas = number => number.toLocaleString('en-US');

// "3#2." as [[3, '#'], [2, '.']]
function repeated(text) {
  return [...text.matchAll(/(\d+)(\D)/g)].map(piece => [Number(piece[1]), piece[2]]);
}

function read(text) {
  const it = {blocks: [], threads: [], ledger: [], figure: {}};
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.split(' '), numbers = rest.map(Number);
    if (word === 'process') it.process = {pid: rest[0], page: numbers[1], program: rest.slice(2).join(' ')};
    else if (word === 'figure') it.figure[rest[0]] = numbers[1];
    else if (word === 'thread') it.threads.push(numbers);
    else if (word === 'ledger') it.ledger.push({bytes: numbers[0], what: rest.slice(1).join(' ')});
    else if (word === 'pages') it.pages = expand(repeated(rest[0] || ''));
    else if (word === 'block') it.blocks.push(block(numbers, rest[7]));
  }
  for (const each of it.blocks) measure(it, each);
  return it;
}

function expand(pieces) {
  const bits = new Uint8Array(pieces.reduce((sum, piece) => sum + piece[0], 0));
  let at = 0;
  for (const [count, letter] of pieces) {
    if (letter === '+') bits.fill(1, at, at + count);
    at += count;
  }
  return bits;
}

function block(numbers, slots) {
  const [start, bytes, kind, state, slot, carved, thread] = numbers;
  return {start, bytes, kind: KINDS[kind], state: STATES[state], slot, carved, thread, slots};
}

function letters(slab) {
  return repeated(slab.slots || '').map(([count, letter]) => letter.repeat(count)).join('');
}

// For each page: used bytes. Of a slab, those that can go: resident, with free slots and without an object.
function measure(it, each) {
  const size = it.process.page, pages = each.bytes / size, first = each.start / size;
  each.used = new Float64Array(pages);
  if (each.kind === 'slab') {
    let slot = 0;
    for (const [count, letter] of repeated(each.slots || '')) {
      if (letter === '#')
        for (let page = Math.floor(slot * each.slot / size); page * size < (slot + count) * each.slot; page++)
          each.used[page] += Math.min((page + 1) * size, (slot + count) * each.slot) - Math.max(page * size, slot * each.slot);
      each.objects = (each.objects || 0) + (letter === '#' ? count : 0);
      slot += count;
    }
  } else if (each.kind === 'large') each.used.fill(size);
  each.resident = 0;
  each.idle = 0;
  for (let page = 0; page < pages; page++) {
    each.resident += it.pages[first + page] * size;
    each.idle += canGo(it, each, page) ? size : 0;
  }
}

function canGo(it, each, page) {
  return each.kind === 'slab' && it.pages[each.start / it.process.page + page] && !each.used[page] &&
    page * it.process.page < each.carved * each.slot;
}

// --- Cells --------------------------------------------------------------------------------------------------

// A cell is a unit; in a large heap a power of two of them, of one block.
function makeCells() {
  const order = $('order').value;
  let step = UNIT;
  while (view.blocks.reduce((sum, each) => sum + Math.ceil(each.bytes / step), 0) > CELLS_MOST && step < 1e9) step *= 2;
  const of = {address: () => 'the heap, by address, ' + words(step) + ' a square',
    class: each => each.kind === 'slab' ? 'slots of ' + commas(each.slot) : names[each.kind],
    thread: each => each.kind === 'slab' ? owner(each) : names[each.kind]}[order];
  const names = {free: 'free blocks', large: 'large objects', kept: 'freed, kept by a thread', new: 'being taken'};
  const byName = new Map();
  for (const each of view.blocks) {
    const name = of(each);
    if (!byName.has(name)) byName.set(name, {name, key: each.kind === 'slab' ? (order === 'class' ? each.slot : each.thread) : 1e12, cells: []});
    for (let from = 0; from < each.bytes; from += step)
      byName.get(name).cells.push({block: each, from, to: Math.min(from + step, each.bytes)});
  }
  groups = [...byName.values()].sort((one, other) => one.key - other.key);
  cells = groups.flatMap(group => group.cells);
  cells.forEach((cell, index) => { cell.index = index; });
}

function owner(slab) {
  if (slab.thread !== NO_THREAD) return 'thread ' + (slab.thread + 1);
  return slab.state === 'full' ? 'full slabs, without an owner' : 'slabs that wait for an owner';
}

function css(name) { return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim(); }

function hue(number) { return `hsl(${(number * 137.5) % 360} 55% ${document.documentElement.dataset.theme === 'dark' ? 58 : 48}%)`; }

function share(cell) {
  const size = view.process.page;
  let used = 0, resident = 0, idle = 0;
  for (let page = Math.floor(cell.from / size); page * size < cell.to; page++) {
    const here = view.pages[cell.block.start / size + page];
    used += here ? cell.block.used[page] : 0;
    resident += here ? size : 0;
    idle += canGo(view, cell.block, page) ? size : 0;
  }
  return {used, resident, idle};
}

function paint(context, cell, x, y, side, colours) {
  const {used, resident, idle} = share(cell), mode = $('colour').value, each = cell.block;
  const inside = side - 1, height = inside * resident / (cell.to - cell.from);
  context.fillStyle = colours.none;
  context.fillRect(x, y, inside, inside);
  if (!resident) return;
  context.fillStyle = colours.free;
  context.fillRect(x, y + inside - height, inside, height);
  let colour = each.kind === 'large' ? colours.header : colours.asked, part = used / resident;
  if (mode === 'go') { colour = colours.waste; part = idle / resident; }
  else if (mode === 'class' && each.kind === 'slab') colour = hue(Math.round(Math.log2(each.slot) * 8));
  else if (mode === 'thread' && each.kind === 'slab') colour = each.thread === NO_THREAD ? colours.never : hue(each.thread);
  context.fillStyle = colour;
  context.fillRect(x, y + inside - height * part, inside, height * part);
}

function draw() {
  const ratio = window.devicePixelRatio || 1, side = 11;
  const colours = Object.fromEntries(['none', 'free', 'asked', 'header', 'waste', 'never', 'accent'].map(name => [name, css(name)]));
  $('heap').textContent = '';
  for (const group of groups) {
    const title = document.createElement('h2'), canvas = document.createElement('canvas');
    title.textContent = group.name;
    $('heap').append(title, canvas);
    const columns = Math.max(1, Math.floor(canvas.clientWidth / side)), rows = Math.ceil(group.cells.length / columns);
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = rows * side * ratio;
    canvas.style.height = rows * side + 'px';
    const context = canvas.getContext('2d');
    context.scale(ratio, ratio);
    group.cells.forEach((cell, at) => {
      const x = at % columns * side, y = Math.floor(at / columns) * side;
      paint(context, cell, x, y, side, colours);
      if (selected >= 0 && cell.block === cells[selected].block) {
        context.strokeStyle = colours.accent;
        context.lineWidth = 1.5;
        context.strokeRect(x + .25, y + .25, side - 1.5, side - 1.5);
      }
    });
    canvas.onclick = event => {
      const box = canvas.getBoundingClientRect();
      const at = Math.floor((event.clientY - box.top) / side) * columns + Math.floor((event.clientX - box.left) / side);
      if (group.cells[at]) toggle(group.cells[at].index);
    };
  }
  legend();
}

function legend() {
  const mode = $('colour').value;
  const entries = {full: [['asked', 'objects in slots'], ['header', 'large objects'], ['free', 'resident and free'], ['none', 'not resident']],
    go: [['waste', 'pages of slabs without an object: they can go'], ['free', 'all else that is resident'], ['none', 'not resident']],
    class: [['free', 'resident and free'], ['none', 'not resident']],
    thread: [['never', 'no owner'], ['free', 'resident and free'], ['none', 'not resident']]}[mode];
  $('legend').innerHTML = entries.map(([name, text]) => `<span><i style="background:var(--${name});border:1px solid var(--line)"></i>${text}</span>`).join('') +
    (mode === 'class' || mode === 'thread' ? `<span>the other colours tell ${mode === 'class' ? 'slot sizes' : 'threads'} apart</span>` : '');
}

// --- One block -----------------------------------------------------------------------------------------------

const LETTERS = {'#': ['asked', 'in use'], '.': ['free', 'free'], c: ['waste', 'on its thread\'s list'],
  r: ['arrow', 'freed by other threads'], p: ['pin', 'on other threads\' lists']};

function select(index) {
  selected = Math.max(0, Math.min(cells.length - 1, index));
  draw();
  detail(cells[selected].block);
}

// A click on what is selected ends that.
function toggle(index) {
  if (selected < 0 || cells[index].block !== cells[selected].block) return select(index);
  selected = -1;
  $('detail').textContent = '';
  draw();
}

function detail(each) {
  const address = '0x' + (BigInt(view.figure.base) + BigInt(each.start)).toString(16);
  const box = $('detail');
  const about = {free: 'A free block', large: 'One large object', kept: 'Freed; its thread keeps it for its next request', new: 'About to become an object or a slab'};
  box.innerHTML = `<h2>${each.kind === 'slab' ? 'A slab of slots of ' + commas(each.slot) : about[each.kind]}</h2>` +
    `<p><code>${address}</code>: <b>${words(each.bytes)}</b>, <b>${words(each.resident)}</b> resident` +
    (each.idle && each.kind === 'slab' ? `, <b>${words(each.idle)}</b> of it in pages that can go` : '') + '.</p>';
  if (each.kind !== 'slab') return;
  box.innerHTML += `<p><b>${commas(each.objects || 0)}</b> of <b>${commas(each.carved)}</b> carved slots hold an object; ${each.state}, ${owner(each)}.</p>`;
  const all = letters(each), counts = {};
  for (const letter of all) counts[letter] = (counts[letter] || 0) + 1;
  box.innerHTML += '<p>' + Object.entries(counts).map(([letter, count]) =>
    `<i style="display:inline-block;width:.9em;height:.9em;border:1px solid var(--line);background:var(--${LETTERS[letter][0]})"></i> ${commas(count)} ${LETTERS[letter][1]}`).join(' &nbsp; ') + '</p>';
  const canvas = document.createElement('canvas'), ratio = window.devicePixelRatio || 1;
  box.append(canvas);
  const side = all.length > 700 ? 7 : 11, columns = Math.max(1, Math.floor(canvas.clientWidth / side)), rows = Math.ceil(all.length / columns);
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = rows * side * ratio;
  canvas.style.height = rows * side + 'px';
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  [...all].forEach((letter, at) => {
    context.fillStyle = css(LETTERS[letter][0]);
    context.fillRect(at % columns * side, Math.floor(at / columns) * side, side - 1, side - 1);
  });
}

// --- The ledger ----------------------------------------------------------------------------------------------

const SHADES = ['--asked', '--header', '--waste', '--accent', '--hatch', '--pin', '--arrow', '--never'];

function ledger() {
  const sum = view.ledger.reduce((total, line) => total + line.bytes, 0);
  view.ledger.filter(line => line.bytes).forEach((line, index) => {
    const colour = index < SHADES.length ? `var(${SHADES[index]})` : hue(index);
    const piece = document.createElement('i'), row = document.createElement('span');
    piece.style.cssText = `background:${colour};flex:${Math.max(0, line.bytes)} 0 0`;
    piece.title = line.what + ': ' + words(line.bytes);
    row.innerHTML = `<i style="background:${colour}"></i>${line.what}<b>${words(line.bytes)} · ${(100 * line.bytes / sum).toFixed(1).replace(/^-0\.0$/, '0.0')} %</b>`;
    $('bar').append(piece);
    $('ledger').append(row);
  });
  $('bar').setAttribute('aria-label', view.ledger.map(line => line.what + ' ' + words(line.bytes)).join(', '));
  $('command').textContent = `${view.process.program}, process ${view.process.pid}, ${new Date(view.figure.taken_at * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC: ${words(sum)} resident`;
}

function theme(name) { document.documentElement.dataset.theme = name; draw(); if (selected >= 0) detail(cells[selected].block); }

theme(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
ledger();
makeCells();
draw();
$('theme').onclick = () => theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
$('colour').onchange = draw;
$('order').onchange = () => { selected = -1; makeCells(); draw(); };
window.onresize = draw;
window.onkeydown = event => {
  if (event.target.tagName === 'SELECT' || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === 't') $('theme').click();
  else if (event.key === 'ArrowRight') select(selected + 1);
  else if (event.key === 'ArrowLeft') select(selected - 1);
  else if (event.key === 'Escape' && selected >= 0) toggle(selected);
};
// On a small screen the heap comes first.
if (innerWidth > 560 && cells.length) select(Math.max(0, cells.findIndex(cell => cell.block.kind === 'slab')));
