// page.js - the page: what is shown, and what keys and clicks do.
//
//      view.at      calls that are made          view.frame   the picture within the last of them
//      view.panels  one heap, or two side by side, which serve the same calls
"use strict";

const $ = selector => document.querySelector(selector);
const data = id => document.getElementById(id).textContent;
const SOURCES = JSON.parse(data("sources")),
    MARKS = JSON.parse(data("marks")),
    TRACES = JSON.parse(data("traces")),
    QUESTIONS = JSON.parse(data("questions")); // of the book, by chapter

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

const view = {
    calls: [],
    names: String,
    at: 0,
    frame: 0,
    frames: 1,
    panels: [],
    trace: "",
    script: FIRST_SCRIPT,
    all: false,
    playing: 0,
};
let engine;

async function unpack(id) {
    const bytes = Uint8Array.from(atob(data(id)), letter => letter.charCodeAt(0));
    return new Response(
        new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")),
    ).arrayBuffer();
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
    if (atEnd() || (view.until !== undefined && view.at >= view.until && view.frame === view.frames - 1))
        return stop();
    const wait = speed === "rush" ? 30 : speed === "call" ? 500 : Number(speed);
    view.playing = setTimeout(
        tick,
        view.panels[0].frames[Math.min(view.frame, view.panels[0].frames.length - 1)].kind === "line"
            ? wait / 2
            : wait,
    );
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
    $("#where").textContent =
        `call ${count(view.at)} of ${count(view.calls.length)}` +
        (view.frames > 1 ? `, step ${view.frame + 1} of ${view.frames}` : "");
    $("#play").textContent = view.playing ? "❚❚ Stop" : "▶ Play";
    $("#play").setAttribute("aria-label", view.playing ? "stop" : "play");
    $("#back-look").disabled = $("#back-call").disabled = view.at === 0 && view.frame === 0;
    $("#next-look").disabled = $("#next-call").disabled = atEnd();
    const panel = view.panels[0],
        live = panel.run.objects
            .map((object, number) => ({...object, number}))
            .filter(object => object.place);
    if (!view.trace)
        $("#victim").replaceChildren(
            ...live.map(object =>
                make("option", {value: object.number}, `${view.names(object.number)}: ${object.size}`),
            ),
        );
    for (const part of ["#allocate button", "#size", "#victim", "#release button"])
        $(part).disabled =
            Boolean(view.trace) || (part !== "#size" && part !== "#allocate button" && !live.length);
    drawScores();
    if ($("#table").open)
        drawTable(
            $("#table-body"),
            panel.frames[Math.min(view.frame, panel.frames.length - 1)],
            panel.run,
            view.names,
        );
}

function drawScores() {
    let runs = view.panels.map(panel => panel.run);
    if (view.all) {
        const policies = POLICIES.map((_, index) => index).filter(index => index !== YOURS || own.works);
        runs = policies.map(
            policy => runs.find(run => run.policy === policy && run.at === view.at) || scored(policy),
        );
    }
    const rows = [
        ["overhead", score => score.overhead, 3],
        ["probes", score => score.probesEach, 2],
        ["splits", score => score.splitsEach, 2],
        ["internal waste", score => 100 * score.waste, 1],
        ["heap, bytes", score => score.high, 0],
    ];
    const head = make("tr");
    head.append(
        make("th", {scope: "col"}, "policy"),
        ...runs.map(run => make("th", {scope: "col"}, POLICIES[run.policy])),
    );
    $("#score-table").replaceChildren(
        head,
        ...rows.map(([name, of, digits]) => {
            const row = make("tr"),
                values = runs.map(run => of(run.score)),
                least = Math.min(...values);
            row.append(make("th", {scope: "row"}, name));
            values.forEach(value =>
                row.append(
                    make(
                        "td",
                        runs.length > 1 && value === least && values.some(other => other > least)
                            ? {class: "best"}
                            : {},
                        (digits ? value.toFixed(digits) : count(value)) +
                            (name === "internal waste" ? " %" : ""),
                    ),
                ),
            );
            return row;
        }),
    );
}

const scoring = new Map();
function scored(policy) {
    const known = scoring.get(policy);
    if (!known || known.calls !== view.calls || policy === YOURS)
        scoring.set(policy, new Run(engine, policy, view.calls, ownPolicy));
    const run = scoring.get(policy);
    run.go(view.at);
    return run;
}

/* --- Links, theme, keys ---------------------------------------------------------------------------------- */

// A question that is not answered yet is shared as a question.
function stateNow() {
    if (quiz.chapter && quiz.answer) return {c: quiz.chapter};
    if (quiz.answer) return {q: quiz.number, ...(quiz.last ? {n: quiz.last} : {})};
    if (quiz.chapter) return {c: quiz.chapter, a: view.at, f: view.frame};
    return {
        p: view.panels.map(panel => POLICIES[panel.policy]),
        a: view.at,
        f: view.frame,
        ...(view.trace ? {t: view.trace} : {s: view.script}),
        ...ownState(),
    };
}

async function restore(state) {
    const policies = (Array.isArray(state.p) ? state.p : [])
        .map(name => POLICIES.indexOf(name))
        .filter(index => index >= 0)
        .slice(0, 2);
    restoreOwn(state);
    view.panels = [];
    setPanels(policies.length ? policies : [1]);
    if (Number(state.q) > 0 && state.s === undefined)
        askQuestion(Number(state.q), Number(state.n) >= Number(state.q) ? Number(state.n) : 0);
    else if (CHAPTERS.some(one => one.chapter === state.c)) {
        await askChapter(state.c);
        if (Number(state.a)) goTo(Number(state.a), Number(state.f) || 0);
    } else if (state.t && TRACES[state.t] && document.getElementById(`trace-${state.t}`))
        await runTrace(state.t, Number(state.a) || 0, Number(state.f) || 0);
    else
        runScript(
            typeof state.s === "string" ? state.s : FIRST_SCRIPT,
            state.a === undefined ? undefined : Number(state.a),
            state.f === undefined ? undefined : Number(state.f),
        );
}

function chooseTheme(theme) {
    document.documentElement.dataset.theme = theme;
    if (view.panels.length) draw();
}

function onKey(event) {
    if (event.target.matches("input, textarea, select") && event.target.type !== "range") return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const keys = {
        ArrowRight: () => (event.shiftKey ? stepCall(1) : stepLook(1)),
        ArrowLeft: () => (event.shiftKey ? stepCall(-1) : stepLook(-1)),
        Home: () => goTo(0),
        End: () => goTo(view.calls.length),
        a: () => !view.trace && allocate(),
    };
    if (event.key === " " && !event.target.matches("button, summary, a"))
        keys[" "] = () => (view.playing ? stop() : play());
    if (!keys[event.key]) return;
    event.preventDefault();
    if (event.key !== " " && event.key !== "a") stop();
    keys[event.key]();
}

function wire() {
    const on = (selector, event, action) => $(selector).addEventListener(event, action);
    on("#allocate", "submit", event => {
        event.preventDefault();
        allocate();
    });
    on("#release", "submit", event => {
        event.preventDefault();
        addCall(`free ${view.names(Number($("#victim").value))}`);
    });
    on("#reset", "click", () => {
        stop();
        dropQuestion();
        runScript(FIRST_SCRIPT);
    });
    on("#play", "click", () => (view.playing ? stop() : play()));
    on("#back-look", "click", () => {
        stop();
        stepLook(-1);
    });
    on("#next-look", "click", () => {
        stop();
        stepLook(1);
    });
    on("#back-call", "click", () => {
        stop();
        stepCall(-1);
    });
    on("#next-call", "click", () => {
        stop();
        stepCall(1);
    });
    on("#slider", "input", event => {
        stop();
        goTo(Number(event.target.value));
    });
    on("#run-script", "click", () => {
        stop();
        dropQuestion();
        if (runScript($("#script").value, 0)) play();
    });
    on("#save-picture", "click", savePicture);
    on("#source", "change", event => {
        dropQuestion();
        return event.target.value ? runTrace(event.target.value) : runScript(view.script);
    });
    on("#rep", "change", event => event.target.files[0] && runFile(event.target.files[0]));
    on("#all-eight", "click", event => {
        view.all = !view.all;
        event.target.setAttribute("aria-pressed", view.all);
        draw();
    });
    on("#table", "toggle", draw);
    on("#theme", "click", () =>
        chooseTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
    );
    on("#share", "click", async event => {
        location.hash = encodeState(stateNow());
        try {
            await navigator.clipboard.writeText(location.href);
            event.target.textContent = "Link copied";
        } catch {
            event.target.textContent = "Link is in the address bar";
        }
        setTimeout(() => {
            $("#share").textContent = "Copy link";
        }, 2000);
    });
    document.addEventListener("click", () => $("#allocate button").classList.remove("invite"));
    document.addEventListener("keydown", onKey);
    addEventListener("resize", draw);
    addEventListener("hashchange", () => {
        const state = decodeState(location.hash);
        if (state && encodeState(state) !== encodeState(stateNow())) restore(state);
    });
    for (const name in TRACES)
        $("#source").append(make("option", {value: name}, `${name}: a recorded program`));
}

const WELCOME =
    "Blue blocks are in use, grey ones are free. The arrows are the list of the free blocks: a search follows them from number 1 on.";

// The heap between two calls: none is being told, so nothing is lit.
function showStill(words) {
    const [panel] = view.panels;
    panel.frames = [stillFrame(panel.run, words)];
    goTo(view.at);
}

function welcome() {
    showStill(WELCOME);
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
