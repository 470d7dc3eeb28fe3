// calls.js - the calls that a heap serves: a script that the reader types, and the calls of a recorded program.
//
// A call is {kind, size, alignment, object, name}. malloc and realloc begin the next object; realloc and free end
// `object`. A script's variable holds one object.
"use strict";

const SIZE_MOST = 1 << 20,
    SCRIPT_MOST = 2000;

// The calls of a trace, as page/trace_calls.c prints them.
function callsOfTrace(text) {
    let begun = 0;
    return text
        .trimEnd()
        .split("\n")
        .map(line => {
            const [kind, one, other] = line.split(" "),
                call = {kind: "nothing"};
            if (kind === "f" || kind === "r") call.object = begun - 1 - Number(one);
            if (kind === "m" || kind === "a")
                Object.assign(call, {kind: "malloc", size: Number(one), alignment: Number(other) || 16});
            else if (kind === "r") Object.assign(call, {kind: "realloc", size: Number(other)});
            else if (kind === "f") call.kind = "free";
            if (call.kind === "malloc" || call.kind === "realloc") begun++;
            return call;
        });
}

class ScriptError extends Error {}

// The calls of a script: `a = malloc 24`, `b = realloc a 100`, `free b`, `c = aligned 64 100`; # begins a comment.
function callsOfScript(text) {
    const calls = [],
        holds = new Map();
    let begun = 0;
    text.split("\n").forEach((line, index) => {
        const words = line
            .replace(/#.*/, "")
            .replace(/[(),;]/g, " ")
            .replace("=", " = ")
            .trim()
            .split(/\s+/);
        if (!words[0]) return;
        const fail = what => {
            throw new ScriptError(`line ${index + 1}: ${what}`);
        };
        const size = word => {
            if (!/^\d+$/.test(word || "")) fail(`a size in bytes is missing: "${line.trim()}"`);
            if (Number(word) < 1 || Number(word) > SIZE_MOST)
                fail(`a size is 1 to ${SIZE_MOST} bytes, not ${word}`);
            return Number(word);
        };
        const ended = name => {
            if (!holds.has(name)) fail(`${name || "nothing"} holds no block here`);
            const object = holds.get(name);
            holds.delete(name);
            return object;
        };
        if (calls.length >= SCRIPT_MOST) fail(`at most ${SCRIPT_MOST} calls`);
        if (words[0] === "free") {
            if (words.length !== 2) fail("free takes one name: free a");
            calls.push({kind: "free", object: ended(words[1]), name: words[1]});
            return;
        }
        const [name, equals, verb, ...rest] = words;
        if (equals !== "=" || !/^[A-Za-z_]\w*$/.test(name))
            fail(`expected "a = malloc 24", "free a" or "a = realloc a 100": "${line.trim()}"`);
        const call = {name};
        if (verb === "malloc" && rest.length === 1)
            Object.assign(call, {kind: "malloc", size: size(rest[0]), alignment: 16});
        else if (verb === "aligned" && rest.length === 2) {
            Object.assign(call, {kind: "malloc", alignment: size(rest[0]), size: size(rest[1])});
            if (call.alignment & (call.alignment - 1)) fail(`an alignment is a power of two, not ${rest[0]}`);
        } else if (verb === "realloc" && rest.length === 2)
            Object.assign(call, {
                kind: "realloc",
                size: size(rest[1]),
                object: ended(rest[0]),
                from: rest[0],
            });
        else fail(`expected malloc BYTES, realloc NAME BYTES or aligned ALIGNMENT BYTES: "${line.trim()}"`);
        if (holds.has(name)) fail(`${name} still holds a block: free it first, or use another name`);
        holds.set(name, begun++);
        calls.push(call);
    });
    return calls;
}

// The calls of a .rep file of CS:APP's malloc lab (`halloc export` makes one): a ID BYTES, r ID BYTES, f ID.
function callsOfRep(text) {
    const calls = [],
        holds = new Map();
    let begun = 0;
    text.split("\n").forEach((line, index) => {
        const [kind, id, size] = line.trim().split(/\s+/);
        if (!["a", "r", "f"].includes(kind)) return; // the head of the file is numbers alone
        const object = holds.get(id),
            fail = what => {
                throw new ScriptError(`line ${index + 1}: ${what}`);
            };
        if (kind !== "f" && !(/^\d+$/.test(size || "") && Number(size) <= SIZE_MOST * 16))
            fail(`no size, or too large a size: "${line.trim()}"`);
        if (kind === "f" && object === undefined) fail(`object ${id} is not in use`);
        if (kind === "a" && object !== undefined) fail(`object ${id} is in use already`);
        if (kind === "f") calls.push({kind: "free", object});
        else if (object === undefined) calls.push({kind: "malloc", size: Number(size), alignment: 16});
        else calls.push({kind: "realloc", object, size: Number(size)});
        if (kind === "f") holds.delete(id);
        else holds.set(id, begun++);
    });
    if (!calls.length) throw new ScriptError("no line like a 0 100: is it a .rep file?");
    return calls;
}

function lineOfCall(call) {
    if (call.kind === "free") return `free ${call.name}`;
    if (call.kind === "realloc") return `${call.name} = realloc ${call.from} ${call.size}`;
    return call.alignment > 16
        ? `${call.name} = aligned ${call.alignment} ${call.size}`
        : `${call.name} = malloc ${call.size}`;
}

// a, b, ... z, aa, ab, ...
function nameOf(number) {
    return (
        (number >= 26 ? nameOf(Math.floor(number / 26) - 1) : "") + String.fromCharCode(97 + (number % 26))
    );
}

// Gives the calls of a made-up sequence the names that a script needs.
function nameCalls(calls) {
    let begun = 0;
    const names = [];
    return calls.map(call => {
        const named = {...call};
        if (call.object !== undefined) named.name = named.from = names[call.object];
        if (call.kind === "malloc") named.name = nameOf(begun);
        if (call.kind !== "free") names[begun++] = named.name;
        return named;
    });
}
