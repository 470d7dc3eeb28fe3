// page.js - the page: what is shown, and what keys and clicks do.
//
//      view.at      calls that are made          view.frame   the picture within the last of them
//      view.panels  one heap, or two side by side, which serve the same calls
"use strict";

const $ = selector => document.querySelector(selector);
const data = id => document.getElementById(id).textContent;
const SOURCES = JSON.parse(data("sources")), MARKS = JSON.parse(data("marks")), TRACES = JSON.parse(data("traces"));

const FIRST_SCRIPT = `# seven blocks; three are given back
a = malloc 40
b = malloc 24
c = malloc 100
d = malloc 40
e = malloc 24
f = malloc 300
g = malloc 40
free f
free b
free d
`;

const view = {calls: [], names: String, at: 0, frame: 0, frames: 1, panels: [], trace: "", script: FIRST_SCRIPT, all: false, playing: 0};
let engine;

async function unpack(id) {
  const bytes = Uint8Array.from(atob(data(id)), letter => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/* --- Panels ------------------------------------------------------------------------------------ */

class Panel {
  constructor(policy) {
    this.element = make("section", {class: "panel"});
    this.element.innerHTML = `<div class="moves"><label>policy <select class="policy" aria-label="policy"></select></label>
      <span class="summary"></span><button type="button" class="other"></button></div>
      <p class="say" aria-live="polite"></p><canvas class="overview" role="img" aria-label="the whole heap"></canvas>
      <div class="stage"><div class="strip" role="group" aria-label="the heap, in the order of addresses"></div>
      <div><p class="from"></p><ol class="code" tabindex="0" aria-label="the policy's source"></ol></div></div>`;
    this.find = selector => this.element.querySelector(selector);
    POLICIES.forEach((name, index) => this.find(".policy").append(make("option", {value: index}, name === "yours" ? "yours (written below)" : `${name} fit`.replace(/(bump|buddy|tlsf|segregated) fit/, "$1"))));
    this.find(".policy").addEventListener("change", event => this.choose(Number(event.target.value)));
    this.find(".other").addEventListener("click", () => setPanels(view.panels.length === 1 ? [this.policy, this.policy === 3 ? 1 : 3] : view.panels.filter(panel => panel !== this).map(panel => panel.policy)));
    this.strip = new Strip(this.find(".strip"), (at, block) => pickBlock(this, at, block));
    this.policy = policy;
    this.restart();
  }
  choose(policy) {
    dropQuestion();
    this.policy = policy;
    this.restart();
    goTo(view.at, view.frame);
  }
  restart() {
    this.run = new Run(engine, this.policy, view.calls, ownPolicy);
    this.frames = [stillFrame(this.run, "")];
    this.told = -1;
    this.find(".policy").value = this.policy;
    this.find(".summary").textContent = SOURCES[POLICIES[this.policy]] ? SOURCES[POLICIES[this.policy]].summary : "your own rule";
    this.list();
  }
  list() {
    const source = sourceOf(this.policy);
    this.find(".from").textContent = source.from;
    this.find(".code").replaceChildren(...source.lines.map(([number, text]) => make("li", {value: number}, text || " ")));
  }
  // Makes the pictures of the call before `at`.
  go(at) {
    if (this.told === at) return;
    if (at === 0) {
      this.run.go(0);
      this.frames = [this.run.broken ? this.brokenFrame() : stillFrame(this.run, "An empty heap: one free block of a whole page.")];
    } else {
      if (this.run.at >= at || this.run.broken) this.run.begin();
      this.advance(at - 1);
      if (!this.run.broken) this.frames = tellStep(this.run);
      else if (this.run.at < at - 1 || !this.run.heap.isOpen) this.frames = [this.brokenFrame()];
    }
    this.told = at;
  }
  brokenFrame() {
    return {...stillFrame(this.run, `Broken after ${plural(this.run.at, "call")}: ${this.run.broken}.`), kind: "broken"};
  }
  advance(at) {
    try {
      this.run.go(at);
    } catch (problem) {
      this.run.broken = problem.message;
    }
  }
  draw() {
    const frame = this.frames[Math.min(view.frame, this.frames.length - 1)], say = this.find(".say");
    say.textContent = frame.say;
    say.className = `say ${frame.kind}`;
    this.strip.draw(frame, this.run, view.names, quiz.marked);
    drawOverview(this.find(".overview"), frame);
    for (const line of this.find(".code").children) {
      const now = frame.line === line.value;
      line.classList.toggle("now", now);
      if (now) line.parentElement.scrollTop = line.offsetTop - line.parentElement.offsetTop - line.parentElement.clientHeight / 2;
    }
    const two = view.panels.length === 2;
    this.find(".other").textContent = two ? "Remove" : "Compare with another";
  }
}

// A policy's source: its lines, and which of the policy's functions a line is in.
function sourceOf(policy) {
  const {file, lines} = policy === YOURS ? {file: "", lines: own.source.split("\n").map((text, index) => [index + 1, text])} : SOURCES[POLICIES[policy]];
  const first = lines[0][0];
  return {
    from: file ? `${file}: the line that runs is marked` : "your policy: the line that runs is marked", lines,
    text: line => (lines[line - first] || [0, ""])[1],
    hook: line => {
      for (let index = line - first; index >= 0; index--) {
        const name = /^(?:static|function) .*?\b(\w+)\(/.exec((lines[index] || [0, ""])[1]);
        if (name) return (/(find|insert|remove|take|round|piece|may)(_size|_merge)?$/.exec(name[1]) || ["", "find"])[1];
      }
      return "";
    },
  };
}

function setPanels(policies) {
  view.panels = policies.map(policy => new Panel(policy));
  $("#panels").replaceChildren(...view.panels.map(panel => panel.element));
  $("#panels").classList.toggle("two", policies.length === 2);
  goTo(view.at, view.frame);
}

/* --- Time -------------------------------------------------------------------------------------- */

function goTo(at, frame = Infinity) {
  view.at = Math.max(0, Math.min(at, view.calls.length));
  for (const panel of view.panels) panel.go(view.at);
  view.frames = Math.max(...view.panels.map(panel => panel.frames.length));
  view.frame = Math.max(0, Math.min(frame, view.frames - 1));
  draw();
}

function stepLook(by) {
  const frame = view.frame + by;
  if (frame >= 0 && frame < view.frames) {
    view.frame = frame;
    draw();
  } else if (by > 0 && view.at < view.calls.length) goTo(view.at + 1, 0);
  else if (by < 0 && view.at > 0) goTo(view.at - 1);
  else return false;
  return true;
}

function stepCall(by) {
  if (by < 0 && view.frame < view.frames - 1 && view.at) return goTo(view.at - 1);
  return goTo(view.at + by);
}

const atEnd = () => view.at === view.calls.length && view.frame === view.frames - 1;

function stop() {
  clearTimeout(view.playing);
  view.playing = 0;
  draw();
}

function tick() {
  const speed = $("#speed").value;
  if (speed === "rush") goTo(view.at + Math.max(1, Math.round(view.calls.length / 300)));
  else if (speed === "call") stepCall(1);
  else stepLook(1);
  if (atEnd() || (view.until !== undefined && view.at >= view.until && view.frame === view.frames - 1)) return stop();
  const wait = speed === "rush" ? 30 : speed === "call" ? 500 : Number(speed);
  view.playing = setTimeout(tick, view.panels[0].frames[Math.min(view.frame, view.panels[0].frames.length - 1)].kind === "line" ? wait / 2 : wait);
}

function play(until) {
  clearTimeout(view.playing);
  view.until = until;
  if (atEnd() && until === undefined) goTo(0);
  view.playing = setTimeout(tick, 120);
  draw();
}

/* --- What is drawn of the whole page --------------------------------------------------------------- */

function draw() {
  for (const panel of view.panels) panel.draw();
  $("#slider").max = view.calls.length;
  $("#slider").value = view.at;
  $("#where").textContent = `call ${count(view.at)} of ${count(view.calls.length)}` + (view.frames > 1 ? `, step ${view.frame + 1} of ${view.frames}` : "");
  $("#play").textContent = view.playing ? "❚❚ Stop" : "▶ Play";
  $("#play").setAttribute("aria-label", view.playing ? "stop" : "play");
  $("#back-look").disabled = $("#back-call").disabled = view.at === 0 && view.frame === 0;
  $("#next-look").disabled = $("#next-call").disabled = atEnd();
  const panel = view.panels[0], live = panel.run.objects.map((object, number) => ({...object, number})).filter(object => object.place);
  if (!view.trace) $("#victim").replaceChildren(...live.map(object => make("option", {value: object.number}, `${view.names(object.number)}: ${object.size}`)));
  for (const part of ["#allocate button", "#size", "#victim", "#release button"]) $(part).disabled = Boolean(view.trace) || (part !== "#size" && part !== "#allocate button" && !live.length);
  drawScores();
  if ($("#table").open) drawTable($("#table-body"), panel.frames[Math.min(view.frame, panel.frames.length - 1)], panel.run, view.names);
}

function drawScores() {
  let runs = view.panels.map(panel => panel.run);
  if (view.all) {
    const policies = POLICIES.map((_, index) => index).filter(index => index !== YOURS || own.works);
    runs = policies.map(policy => runs.find(run => run.policy === policy && run.at === view.at) || scored(policy));
  }
  const rows = [["overhead", score => score.overhead, 3], ["probes", score => score.probesEach, 2], ["splits", score => score.splitsEach, 2],
    ["internal waste", score => 100 * score.waste, 1], ["heap, bytes", score => score.high, 0]];
  const head = make("tr");
  head.append(make("th", {scope: "col"}, "policy"), ...runs.map(run => make("th", {scope: "col"}, POLICIES[run.policy])));
  $("#score-table").replaceChildren(head, ...rows.map(([name, of, digits]) => {
    const row = make("tr"), values = runs.map(run => of(run.score)), least = Math.min(...values);
    row.append(make("th", {scope: "row"}, name));
    values.forEach(value => row.append(make("td", runs.length > 1 && value === least && values.some(other => other > least) ? {class: "best"} : {},
      (digits ? value.toFixed(digits) : count(value)) + (name === "internal waste" ? " %" : ""))));
    return row;
  }));
}

const scoring = new Map();
function scored(policy) {
  const known = scoring.get(policy);
  if (!known || known.calls !== view.calls || policy === YOURS) scoring.set(policy, new Run(engine, policy, view.calls, ownPolicy));
  const run = scoring.get(policy);
  run.go(view.at);
  return run;
}

/* --- What the program does ---------------------------------------------------------------------------- */

function setCalls(calls, names, at, frame) {
  Object.assign(view, {calls, names});
  view.panels.forEach(panel => panel.restart());
  if (view.panels.length) goTo(at, frame);
}

const begunNames = calls => {
  const names = calls.filter(call => call.kind !== "free").map(call => call.name);
  return number => names[number];
};

function runScript(text, at, frame) {
  let calls;
  $("#script-error").textContent = "";
  try {
    calls = callsOfScript(text);
  } catch (problem) {
    if (!(problem instanceof ScriptError)) throw problem;
    $("#script-error").textContent = problem.message;
    return false;
  }
  view.trace = "";
  view.script = text;
  $("#script").value = text;
  showSource();
  setCalls(calls, begunNames(calls), at === undefined ? calls.length : at, frame);
  return true;
}

const fromDisk = new Map(); // calls of files, by name

async function runTrace(name, at = 0, frame) {
  stop();
  const calls = fromDisk.get(name) || callsOfTrace(new TextDecoder().decode(await unpack(`trace-${name}`)));
  view.trace = name;
  showSource();
  setCalls(calls, number => `#${number}`, at, frame);
}

// A program of the reader's, from a file; a link can't hold it.
async function runFile(file) {
  stop();
  dropQuestion();
  $("#script-error").textContent = "";
  try {
    const calls = callsOfRep(await file.text());
    fromDisk.set(file.name, calls);
    if (!TRACES[file.name]) $("#source").append(make("option", {value: file.name}, file.name));
    TRACES[file.name] = {words: `${file.name}, from your disk.`, calls: calls.length, of: calls.length, whole: true};
    await runTrace(file.name);
  } catch (problem) {
    if (!(problem instanceof ScriptError)) throw problem;
    $("#script-error").textContent = `${file.name}: ${problem.message}`;
  }
}

function showSource() {
  $("#source").value = view.trace;
  $("#scripted").hidden = Boolean(view.trace);
  $("#traced").hidden = !view.trace;
  const trace = TRACES[view.trace];
  if (trace) $("#traced").textContent = `${trace.words} The page has the ${trace.whole ? "whole trace" : "first part"}: ${count(trace.calls)} calls of ${count(trace.of)}.`;
}

// The program makes one more call, at the moment that is shown; what came later is dropped.
function addCall(line) {
  stop();
  quiz.chapter = 0;
  const lines = view.calls.slice(0, view.at).map(lineOfCall);
  const at = lines.length;
  if (!runScript([...lines, line].join("\n") + "\n", at + 1, 0)) return;
  play(at + 1);
}

function allocate() {
  const size = $("#size").value.trim(), live = new Set(view.panels[0].run.objects.map((object, number) => object.place ? view.names(number) : null));
  let number = 0;
  while (live.has(nameOf(number))) number++;
  addCall(`${nameOf(number)} = malloc ${size}`);
}

function pickBlock(panel, at) {
  if (quiz.answer && quiz.answer(at)) return;
  const holder = panel.run.holders.get(at + HEADER_BYTES);
  if (!view.trace && holder !== undefined) addCall(`free ${view.names(holder)}`);
}

/* --- Links, theme, keys ---------------------------------------------------------------------------------- */

// A question that is not answered yet is shared as a question.
function stateNow() {
  if (quiz.answer) return {q: quiz.seed};
  if (quiz.chapter) return {c: quiz.chapter, a: view.at, f: view.frame};
  return {p: view.panels.map(panel => POLICIES[panel.policy]), a: view.at, f: view.frame, ...(view.trace ? {t: view.trace} : {s: view.script}), ...ownState()};
}

async function restore(state) {
  const policies = (Array.isArray(state.p) ? state.p : []).map(name => POLICIES.indexOf(name)).filter(index => index >= 0).slice(0, 2);
  restoreOwn(state);
  view.panels = [];
  setPanels(policies.length ? policies : [1]);
  if (Number(state.q) > 0 && state.s === undefined) askQuestion(Number(state.q));
  else if (CHAPTERS.some(one => one.chapter === state.c)) {
    await askChapter(state.c);
    if (Number(state.a)) goTo(Number(state.a), Number(state.f) || 0);
  } else if (state.t && TRACES[state.t] && document.getElementById(`trace-${state.t}`)) await runTrace(state.t, Number(state.a) || 0, Number(state.f) || 0);
  else runScript(typeof state.s === "string" ? state.s : FIRST_SCRIPT, state.a === undefined ? undefined : Number(state.a), state.f === undefined ? undefined : Number(state.f));
}

function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  if (view.panels.length) draw();
}

function onKey(event) {
  if (event.target.matches("input, textarea, select") && event.target.type !== "range") return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const keys = {ArrowRight: () => event.shiftKey ? stepCall(1) : stepLook(1), ArrowLeft: () => event.shiftKey ? stepCall(-1) : stepLook(-1),
    Home: () => goTo(0), End: () => goTo(view.calls.length), a: () => !view.trace && allocate()};
  if (event.key === " " && !event.target.matches("button, summary, a")) keys[" "] = () => view.playing ? stop() : play();
  if (!keys[event.key]) return;
  event.preventDefault();
  if (event.key !== " " && event.key !== "a") stop();
  keys[event.key]();
}

function wire() {
  const on = (selector, event, action) => $(selector).addEventListener(event, action);
  on("#allocate", "submit", event => { event.preventDefault(); allocate(); });
  on("#release", "submit", event => { event.preventDefault(); addCall(`free ${view.names(Number($("#victim").value))}`); });
  on("#reset", "click", () => { stop(); dropQuestion(); runScript(FIRST_SCRIPT); });
  on("#play", "click", () => view.playing ? stop() : play());
  on("#back-look", "click", () => { stop(); stepLook(-1); });
  on("#next-look", "click", () => { stop(); stepLook(1); });
  on("#back-call", "click", () => { stop(); stepCall(-1); });
  on("#next-call", "click", () => { stop(); stepCall(1); });
  on("#slider", "input", event => { stop(); goTo(Number(event.target.value)); });
  on("#run-script", "click", () => { stop(); dropQuestion(); if (runScript($("#script").value, 0)) play(); });
  on("#source", "change", event => { dropQuestion(); return event.target.value ? runTrace(event.target.value) : runScript(view.script); });
  on("#rep", "change", event => event.target.files[0] && runFile(event.target.files[0]));
  on("#all-eight", "click", event => { view.all = !view.all; event.target.setAttribute("aria-pressed", view.all); draw(); });
  on("#table", "toggle", draw);
  on("#theme", "click", () => chooseTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  on("#share", "click", async event => {
    location.hash = encodeState(stateNow());
    try { await navigator.clipboard.writeText(location.href); event.target.textContent = "Link copied"; } catch { event.target.textContent = "Link is in the address bar"; }
    setTimeout(() => { $("#share").textContent = "Copy link"; }, 2000);
  });
  document.addEventListener("click", () => $("#allocate button").classList.remove("invite"));
  document.addEventListener("keydown", onKey);
  addEventListener("resize", draw);
  addEventListener("hashchange", () => { const state = decodeState(location.hash); if (state && encodeState(state) !== encodeState(stateNow())) restore(state); });
  for (const name in TRACES) $("#source").append(make("option", {value: name}, `${name}: a recorded program`));
}

const WELCOME = "Blue blocks are in use, grey ones are free. The arrows are the list of the free blocks: a search follows them from number 1 on.";

// The first screen: no call is being told, so nothing is lit.
function welcome() {
  const [panel] = view.panels;
  panel.frames = [stillFrame(panel.run, WELCOME)];
  goTo(view.at);
  $("#allocate button").classList.add("invite");
}

async function begin() {
  chooseTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  engine = await WebAssembly.compile(await unpack("engine"));
  wire();
  wireOwn();
  wireQuiz();
  const state = decodeState(location.hash);
  await restore(state || {});
  if (!state) welcome();
  requestAnimationFrame(() => requestAnimationFrame(() => document.body.classList.remove("opening")));
  document.documentElement.dataset.ready = "yes";
}

begin();
