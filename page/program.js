// program.js - the program whose calls the heaps serve: a script, a recorded program, a file, or one call by a click.
"use strict";

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
        TRACES[file.name] = {
            words: `${file.name}, from your disk.`,
            calls: calls.length,
            of: calls.length,
            whole: true,
        };
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
    if (trace)
        $("#traced").textContent =
            `${trace.words} The page has the ${trace.whole ? "whole trace" : "first part"}: ${count(trace.calls)} calls of ${count(trace.of)}.`;
}

// The program makes one more call, at the moment that is shown; what came later is dropped.
function addCall(line) {
    stop();
    Object.assign(quiz, {chapter: 0, marked: []});
    if (quiz.answer) dropQuestion(); // the reader goes another way
    const lines = view.calls.slice(0, view.at).map(lineOfCall);
    const at = lines.length;
    if (!runScript([...lines, line].join("\n") + "\n", at + 1, 0)) {
        const why = $("#script-error").textContent.replace(/^line \d+: /, "");
        $("#script-error").textContent = ""; // where the click was is another place
        view.panels[0].find(".say").textContent = `That can't be done: ${why}.`;
        return;
    }
    play(at + 1);
}

function saveFile(name, type, text) {
    const link = make("a", {href: URL.createObjectURL(new Blob([text], {type})), download: name});
    link.click();
    URL.revokeObjectURL(link.href);
}

// What is in the box, under the policy of the first heap.
function savePicture() {
    stop();
    $("#script-error").textContent = "";
    try {
        const calls = callsOfScript($("#script").value);
        saveFile("heap.svg", "image/svg+xml", movingPicture(engine, view.panels[0].policy, calls, ownPolicy));
    } catch (problem) {
        if (!(problem instanceof ScriptError)) throw problem;
        $("#script-error").textContent = problem.message;
    }
}

function allocate() {
    const size = $("#size").value.trim(),
        live = new Set(
            view.panels[0].run.objects.map((object, number) => (object.place ? view.names(number) : null)),
        );
    let number = 0;
    while (live.has(nameOf(number))) number++;
    addCall(`${nameOf(number)} = malloc ${size}`);
}

function pickBlock(panel, at) {
    if (quiz.answer && quiz.answer(at)) return;
    const holder = panel.run.holders.get(at + HEADER_BYTES);
    if (!view.trace && holder !== undefined) addCall(`free ${view.names(holder)}`);
}
