// check.js - looks for calls on which a policy breaks, and makes them few.
//
// Calls are drawn from a seed, so they are the same each time. After each call the engine's validator runs. What breaks
// is shrunk: calls, whole objects and sizes are left out or made plain as long as it still breaks in the same way
// (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28, 2002).
"use strict";

// A number from 0 to below - 1. Mulberry32, by T. Ettinger.
function randomFrom(seed) {
    let state = seed >>> 0;
    return below => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
    };
}

function randomCalls(seed, most) {
    const random = randomFrom(seed),
        calls = [],
        live = [];
    const size = () => [8 + random(120), 16 * (1 + random(20)), 1 + random(900), 1 + random(3000)][random(4)];
    let begun = 0;
    while (calls.length < most) {
        const draw = random(10);
        if (!live.length || draw < 5) {
            calls.push({kind: "malloc", size: size(), alignment: draw ? 16 : 64});
            live.push(begun++);
        } else if (draw < 6) {
            const at = random(live.length);
            calls.push({kind: "realloc", object: live[at], size: size()});
            live[at] = begun++;
        } else calls.push({kind: "free", object: live.splice(random(live.length), 1)[0]});
    }
    return calls;
}

// Runs the calls. The first fault: {at, what}, or null. `score` receives the run's score.
function firstFault(policy, own, calls, score = {}) {
    const run = new Run(engine, policy, calls, own);
    if (run.broken) return {at: -1, what: run.broken};
    let at = 0;
    try {
        for (const broken = () => run.heap.check(); at < calls.length; at++) {
            run.step();
            const what = broken();
            if (what) return {at, what};
        }
    } catch (problem) {
        if (problem instanceof LanguageError || !(problem instanceof Error)) throw problem;
        return {at, what: problem.message};
    }
    score.is = run.score;
    return null;
}

// Leaves out the calls that `keeps` says no to, and what depends on them; objects get new numbers.
function without(calls, keeps) {
    const number = new Map(),
        kept = [];
    let begun = 0,
        now = 0;
    calls.forEach((call, index) => {
        const begins = call.kind !== "free",
            object = call.object === undefined ? undefined : number.get(call.object);
        const orphan = call.object !== undefined && object === undefined;
        if (keeps(index) && !(orphan && call.kind === "free")) {
            const copy = orphan
                ? {kind: "malloc", size: call.size, alignment: 16}
                : {...call, ...(object === undefined ? {} : {object})};
            kept.push(copy);
            if (begins) number.set(begun, now++);
        } else if (begins && object !== undefined) number.set(begun, object);
        if (begins) begun++;
    });
    return kept;
}

const sameFault = (one, other) =>
    one && other && one.what.replace(/\d+/g, "") === other.what.replace(/\d+/g, "");

function shrinkCalls(own, calls, fault) {
    let shortest = calls.slice(0, fault.at + 1);
    const fails = candidate => {
        const found = firstFault(YOURS, own, candidate);
        if (!sameFault(found, fault)) return false;
        shortest = candidate.slice(0, found.at + 1);
        return true;
    };
    for (let piece = shortest.length >> 1; piece >= 1; piece >>= 1)
        for (let end = shortest.length - 1; end > 0; end -= piece) {
            const from = Math.max(0, end - piece),
                to = end;
            fails(without(shortest, index => index < from || index >= to));
            end = Math.min(end, shortest.length - 1);
        }
    for (let index = 0; index < shortest.length; index++) {
        const begins = shortest.slice(0, index).filter(call => call.kind !== "free").length;
        fails(
            without(
                shortest,
                at => at !== index && !(shortest[index].kind !== "free" && shortest[at].object === begins),
            ),
        );
    }
    for (let index = 0; index < shortest.length; index++)
        for (const size of [400, 100, 16])
            if (
                shortest[index] &&
                shortest[index].size &&
                shortest[index].size !== size &&
                fails(
                    shortest.map((call, at) =>
                        at === index ? {...call, size, ...(call.alignment ? {alignment: 16} : {})} : call,
                    ),
                )
            )
                break;
    return {calls: shortest, fault: firstFault(YOURS, own, shortest)};
}

const CHECK_SEEDS = 60,
    CHECK_CALLS = 80;

// {fault, calls} of a broken policy; otherwise {scores, calls}: its score on long calls, and first fit's.
function checkPolicy(own) {
    let tried = 0;
    for (let seed = 1; seed <= CHECK_SEEDS; seed++) {
        const calls = randomCalls(seed, CHECK_CALLS),
            fault = firstFault(YOURS, own, calls);
        if (fault) return shrinkCalls(own, calls, fault);
        tried += calls.length;
    }
    const long = randomCalls(0, 3000),
        yours = {},
        first = {};
    const fault = firstFault(YOURS, own, long, yours);
    if (fault) return shrinkCalls(own, long, fault);
    firstFault(POLICIES.indexOf("first"), null, long, first);
    return {tried: tried + long.length, yours: yours.is, first: first.is};
}
