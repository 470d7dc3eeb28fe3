// The page: the view, the keys that change it, and drawing it again.

let model = null;
const view = { at: 0, exact: false, level: 0, lefts: [], wide: 1, colour: "size", chosen: null };
const overviews = [];
const strips = [];
const byId = (id) => document.getElementById(id);

// The level with the narrowest columns that shows the operation.
function bestLevel(policy, at) {
  let best = policy.all[0];
  for (const level of policy.all) if (at >= level.from && at < level.to) best = level;
  return best;
}

// The granules of the strip: those of the highest heap.
function heapWide() {
  const tops = model.policies.map((policy) => {
    if (policy.heap && view.exact) return policy.heap.top;
    const level = bestLevel(policy, view.at);
    return level.top[columnOf(level, view.at)] / GRANULE;
  });
  return Math.max(4, ...tops);
}

// --- Going somewhere -------------------------------------------------------------------------------------

function go(at) {
  const whole = view.wide >= view.whole;
  view.at = Math.max(-1, Math.min(facts.operations - 1, at));
  view.exact = model.policies.every((policy) => policy.heap && policy.heap.goTo(view.at));
  const { level } = overviews[0];
  if (view.at < level.from - 1 || view.at >= level.to) view.level = 0;
  view.whole = heapWide();
  setScale(whole ? view.whole : view.wide);
  model.policies.forEach(reveal);
  draw();
}

// Keeps the operation's block in sight, without changing the scale.
function reveal(policy) {
  const focus = focusOf(policy);
  if (focus && !inSight(policy, focus.offset)) setLeft(policy.index, focus.offset - view.wide / 2);
}

function inSight(policy, granule) {
  const left = view.lefts[policy.index];
  return granule >= left && granule <= left + view.wide;
}

function setLeft(index, left) {
  view.lefts[index] = Math.max(0, Math.min(view.whole - view.wide, left));
}

function setScale(wide) {
  view.wide = Math.max(8, Math.min(view.whole, wide));
  view.lefts.forEach((left, index) => setLeft(index, left));
}

function moveBy(granules) {
  view.lefts.forEach((left, index) => setLeft(index, left + granules));
  draw();
}

// Each strip keeps the granule at this share of the width, 0 to 1, in its place.
function zoom(factor, shareOf) {
  const kept = model.policies.map((policy, index) => {
    const share = shareOf(policy);
    return { share, granule: view.lefts[index] + share * view.wide };
  });
  setScale(view.wide * factor);
  kept.forEach(({ share, granule }, index) => setLeft(index, granule - share * view.wide));
  draw();
}

// The centre of a zoom by key: the selected block, or the operation's block, or the middle.
function keyShare(policy) {
  const chosen = view.chosen && view.chosen.policy === policy.index ? view.chosen : null;
  const focus = chosen || focusOf(policy);
  return focus && inSight(policy, focus.offset) ? (focus.offset - view.lefts[policy.index]) / view.wide : 0.5;
}

function focusNow() {
  const all = model.policies.map(focusOf);
  if (!all.some((focus) => focus)) return;
  setScale(Math.max(96, ...all.map((focus) => (focus ? focus.size * 6 : 0))));
  all.forEach((focus, index) => { if (focus) setLeft(index, focus.offset + (focus.size - view.wide) / 2); });
  draw();
}

function nextMark(direction) {
  let best = null;
  for (const policy of model.policies)
    for (const { operation } of policy.marks) {
      const ahead = (operation - view.at) * direction > 0;
      if (ahead && (best === null || (operation - best) * direction < 0)) best = operation;
    }
  if (best !== null) go(best);
}

// --- Selecting -------------------------------------------------------------------------------------------

function choose(policy, offset) {
  view.chosen = offset === undefined ? null : { policy: policy.index, offset };
  if (view.chosen && !inSight(policy, offset)) setLeft(policy.index, offset - view.wide / 2);
  draw();
}

function nextHole(direction, listOrder) {
  if (!view.exact) return;
  const policy = model.policies[view.chosen ? view.chosen.policy : 0];
  const { heap } = policy;
  const lists = [...heap.lists].sort((a, b) => a[0] - b[0]);
  const holes = listOrder ? lists.flatMap(([, items]) => items)
    : Array.from(heap.order()).filter((offset) => heap.blocks.get(offset).kind === FREE);
  if (!holes.length) return;
  const at = view.chosen ? holes.indexOf(view.chosen.offset) : -1;
  const next = at < 0 ? (direction > 0 ? 0 : holes.length - 1) : (at + direction + holes.length) % holes.length;
  choose(policy, holes[next]);
}

function blockAt(strip, x) {
  const { heap } = strip.policy;
  if (!strip.exact) return undefined;
  const granule = strip.granuleAt(x);
  if (granule >= heap.top) return undefined;
  const order = heap.order();
  const index = heap.indexAt(granule);
  // A click a few pixels beside a small hole selects the hole.
  const near = [index, index - 1, index + 1].find((i) => {
    const block = heap.blocks.get(order[i]);
    if (!block || block.kind !== FREE) return false;
    const left = strip.x(order[i] - heap.header);
    const right = strip.x(order[i] + block.size);
    return right - left < 8 && x > left - 3 && x < right + 3;
  });
  return order[near === undefined ? index : near];
}

// --- Drawing ---------------------------------------------------------------------------------------------

let pending = 0;

function draw() {
  if (!pending) pending = requestAnimationFrame(drawNow);
}

function drawNow() {
  pending = 0;
  overviews.forEach((overview, i) => {
    overview.draw();
    const words = captionOf(model.policies[i]);
    if (overview.caption.innerHTML !== words) overview.caption.innerHTML = words;
  });
  strips.forEach((strip) => {
    strip.draw();
    strip.sentence.innerHTML = (model.policies.length > 1 ? `<b>${escapeText(heapName(strip.policy))}</b>: ` : "") + sentenceOf(strip.policy);
  });
  byId("slider").value = view.at;
  byId("slider").setAttribute("aria-valuetext", `operation ${wordCount(view.at)}`);
  if (document.activeElement !== byId("jump")) byId("jump").value = wordCount(view.at);
  const exact = byId("exact");
  exact.className = view.exact ? "exact" : "rough";
  const range = model.policies[0].heap ? `operations ${wordCount(facts.from)} to ${wordCount(facts.to - 1)} of ${wordCount(facts.operations)}` : "no operations";
  exact.textContent = view.exact ? `exact here: ${range}` : `a tile; exact are ${range} (--window moves that)`;
  const words = detailOf();
  if (byId("detail").dataset.words !== words) {
    byId("detail").innerHTML = words;
    byId("detail").dataset.words = words;
  }
}

const RAMPS = {
  size: ["8 B", "1 MiB"], age: ["oldest", "newest"], death: ["dies late", "dies soon"],
};

function drawLegend() {
  const chip = (colour, words, kind = "") => `<span><i class="${kind}" style="${colour ? `background:${colour}` : ""}"></i>${words}</span>`;
  const mixed = (both, words) => chip(`linear-gradient(90deg,${both})`, words, "mixed");
  const over = ["<b>over time:</b>", chip(colours.asked, "asked for"), chip(colours.header, "headers"), chip(colours.waste, "rounding"),
    chip(colours.free, "free"), mixed(`${colours.asked},${colours.header}`, ""), mixed(`${colours.asked},${colours.waste}`, ""),
    mixed(`${colours.header},${colours.waste}`, "mixed: several in one dot"), chip("", "all that is asked for, side by side", "dashed")];
  const parts = ["<b>at one operation, a block in use by its</b>"];
  const ramp = RAMPS[view.colour];
  if (ramp) {
    parts.push(`<span><b>${view.colour === "death" ? "time of death" : view.colour}:</b> ${ramp[0]} <i class="ramp" style="background:linear-gradient(90deg,${VIRIDIS.join(",")})"></i> ${ramp[1]}</span>`);
    if (view.colour === "death") parts.push(chip(colours.never, "never freed"));
  } else {
    parts.push(`<b>${view.colour === "thread" ? "thread" : "call site"}:</b>`);
    const kinds = view.colour === "thread" ? model.threads : model.sites;
    for (const [kind, colour] of kinds)
      parts.push(chip(colour, view.colour === "thread" ? `thread ${kind}` : escapeText(kind ? facts.sites[kind - 1] : "not recorded")));
    if (kinds.size === KINDS.length) parts.push(chip(colours.never, "others"));
  }
  parts.push(chip("", "free", "hatch"));
  byId("legend").innerHTML = [over, parts].map((line) => `<span class="line">${line.join("")}</span>`).join("");
}

// --- Settings --------------------------------------------------------------------------------------------

function setColour(colour) {
  view.colour = colour;
  byId("colour").value = colour;
  drawLegend();
  draw();
}

function nextColour() {
  const options = [...byId("colour").options].filter((option) => !option.disabled).map((option) => option.value);
  setColour(options[(options.indexOf(view.colour) + 1) % options.length]);
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  readColours();
  overviews.forEach((overview) => overview.forget());
  drawLegend();
  draw();
}

function setLevel(level) {
  const { all } = model.policies[0];
  view.level = level % all.length;
  const { from, to } = all[view.level];
  if (view.at < from - 1 || view.at >= to) go(Math.max(from, Math.min(to - 1, facts.peak)));
  showLevels();
  draw();
}

function showLevels() {
  const { all } = model.policies[0];
  const names = all.length === 3 ? ["all", "nearer", "window"] : ["all", "window"];
  byId("levels").innerHTML = all.length < 2 ? "" : all.map((_, i) =>
    `<button data-level="${i}" aria-pressed="${i === view.level}" title="${i ? "nearer the window" : "the whole trace"} (w)">${names[i]}</button>`).join("");
}

// --- Playing ---------------------------------------------------------------------------------------------

let playing = 0;

function stop() {
  clearInterval(playing);
  playing = 0;
  byId("play").textContent = "▶ play";
}

// Inside the window one operation at a time; outside, where no single operation can be drawn, by greater steps.
function playStep() {
  const last = view.exact ? facts.to - 1 : facts.operations - 1;
  go(view.at + (view.exact ? 1 : pageStep()));
  if (view.at >= last) stop();
}

// From the end it begins again.
function play() {
  if (playing) {
    stop();
    return;
  }
  if (view.at >= (view.exact ? facts.to : facts.operations) - 1) KEYS.Home();
  byId("play").textContent = "❚❚ stop";
  playing = setInterval(playStep, 1000 / Number(byId("speed").value));
}

// --- Keys ------------------------------------------------------------------------------------------------

function pageStep() {
  const { from, to } = overviews[0].level;
  return Math.max(1, Math.round((to - from) / 50));
}

const KEYS = {
  " ": play,
  ArrowLeft: (event) => go(view.at - (event.shiftKey ? 100 : 1)),
  ArrowRight: (event) => go(view.at + (event.shiftKey ? 100 : 1)),
  PageUp: () => go(view.at - pageStep()),
  PageDown: () => go(view.at + pageStep()),
  Home: () => go(model.policies[0].heap ? facts.from : 0),
  End: () => go(model.policies[0].heap ? facts.to - 1 : facts.operations - 1),
  "[": () => nextMark(-1),
  "]": () => nextMark(1),
  p: () => go(facts.peak),
  "+": () => zoom(0.5, keyShare),
  "=": () => zoom(0.5, keyShare),
  "-": () => zoom(2, keyShare),
  "0": () => { setScale(view.whole); draw(); },
  ",": () => moveBy(-view.wide / 3),
  ".": () => moveBy(view.wide / 3),
  f: focusNow,
  h: () => nextHole(1, false),
  H: () => nextHole(-1, false),
  n: () => nextHole(1, true),
  N: () => nextHole(-1, true),
  c: nextColour,
  w: () => setLevel(view.level + 1),
  t: () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
  "?": () => byId("keys").showModal(),
  Escape: () => { view.chosen = null; draw(); },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open || event.target.id === "jump") return;
  if (event.target.tagName === "SELECT" && (event.key.startsWith("Arrow") || event.key === " ")) return;
  if (event.target.tagName === "BUTTON" && event.key === " ") return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act(event);
}

// --- Beginning -------------------------------------------------------------------------------------------

function build() {
  const make = (tag, className, parent) => {
    const element = document.createElement(tag);
    element.className = className;
    return parent.appendChild(element);
  };
  byId("overviews").classList.toggle("two", model.policies.length > 1);
  for (const policy of model.policies) {
    const figure = make("figure", "", byId("overviews"));
    const caption = make("figcaption", "", figure);
    const overview = new Overview(policy, make("canvas", "overview", figure));
    overview.canvas.setAttribute("role", "img");
    overview.canvas.setAttribute("aria-label", `the heap over time, ${heapName(policy)}`);
    overview.caption = caption;
    overviews.push(overview);
    const part = make("figure", "", byId("strips"));
    const sentence = make("p", "sentence", part);
    const minimap = make("canvas", "minimap", part);
    const strip = new Strip(policy, make("canvas", "strip", part), make("canvas", "list", part), minimap);
    strip.canvas.setAttribute("role", "img");
    strip.canvas.setAttribute("aria-label", `blocks in the order of addresses, ${heapName(policy)}`);
    strip.list.setAttribute("role", "img");
    strip.list.setAttribute("aria-label", `the free list in its order, ${heapName(policy)}`);
    Object.assign(strip, { sentence });
    strip.sentence.setAttribute("aria-live", "polite");
    strips.push(strip);
    listenOverview(overview);
    listenStrip(strip);
  }
}

function listen() {
  document.addEventListener("keydown", onKey);
  byId("slider").addEventListener("input", (event) => go(Number(event.target.value)));
  byId("colour").addEventListener("change", (event) => setColour(event.target.value));
  byId("theme").addEventListener("click", () => KEYS.t());
  byId("help").addEventListener("click", () => KEYS["?"]());
  byId("speed").addEventListener("change", () => {
    if (playing) {
      stop();
      play();
    }
  });
  byId("jump").addEventListener("change", (event) => {
    const at = Number(event.target.value.replace(/[^0-9]/g, ""));
    event.target.blur();
    go(at);
  });
  byId("levels").addEventListener("click", (event) => {
    if (event.target.dataset.level) setLevel(Number(event.target.dataset.level));
  });
  document.querySelector(".moves").addEventListener("click", (event) => {
    const { key } = event.target.dataset;
    if (key) KEYS[key](event);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => setTheme(event.matches ? "dark" : "light"));
  new ResizeObserver(draw).observe(document.querySelector("main"));
}

async function start() {
  model = await readAll();
  model.threads = rankKinds(model.objects.thread);
  model.sites = rankKinds(model.objects.site);
  if (!facts.hasSites) [...byId("colour").options].find((option) => option.value === "site").disabled = true;
  byId("command").textContent = `${facts.command || facts.file}${facts.damaged ? " (the trace is damaged: this is what precedes)" : ""}`;
  byId("command").title = facts.command;
  document.title = `Heap map: ${facts.command || facts.file}`;
  byId("slider").min = -1;
  byId("slider").max = facts.operations - 1;
  build();
  listen();
  setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  view.whole = view.wide;
  view.lefts = model.policies.map(() => 0);
  go(facts.at);
  showLevels();
  drawNow();
  window.hallocMap = { view, facts, model, go, dump: (policy) => model.policies[policy].heap.dump() };
  window.hallocMap.opened = performance.now();
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  byId("command").textContent = `This page can't be shown: ${error.message}`;
  document.documentElement.dataset.ready = "no";
});
