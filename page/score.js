// score.js - what a policy's placements cost, as `halloc replay` counts it (tools/replay/serial/score.h).
"use strict";

class Score {
    constructor() {
        Object.assign(this, {
            operations: 0,
            allocations: 0,
            failures: 0,
            moves: 0,
            resizes: 0,
            finds: 0,
            probes: 0,
            splits: 0,
            merges: 0,
            live: 0,
            granted: 0,
            high: 0,
            peakLive: 0,
            liveSum: 0,
            heapSum: 0,
            perAllocation: [],
        });
    }
    // An operation is done: `delta` has the engine's counts for it.
    add(begins, delta) {
        this.operations++;
        for (const name of ["finds", "probes", "splits", "merges"]) this[name] += delta[name];
        this.peakLive = Math.max(this.peakLive, this.live);
        this.liveSum += this.live;
        this.heapSum += this.high;
        if (!begins) return;
        this.allocations++;
        this.perAllocation[delta.probes] = (this.perAllocation[delta.probes] || 0) + 1;
    }
    get worstProbes() {
        // what 999 of 1000 allocations do not exceed
        let seen = 0;
        for (let probes = 0; probes < this.perAllocation.length; probes++) {
            seen += this.perAllocation[probes] || 0;
            if (seen * 1000 >= this.allocations * 999) return probes;
        }
        return 0;
    }
    get overhead() {
        return this.peakLive ? this.high / this.peakLive : 0;
    }
    get probesEach() {
        return this.allocations ? this.probes / this.allocations : 0;
    }
    get splitsEach() {
        return this.allocations ? this.splits / this.allocations : 0;
    }
    get waste() {
        return this.granted ? (this.granted - this.live) / this.granted : 0;
    } // of what blocks in use hold
}

// A heap that serves calls one by one, and keeps the score. Objects are numbered as they begin.
class Run {
    constructor(module, policy, calls, own) {
        Object.assign(this, {module, policy, calls, own});
        this.begin();
    }
    begin() {
        this.heap = new Heap(this.module, this.policy, this.own);
        this.score = new Score();
        this.at = 0;
        this.objects = []; // by number: {place, size, call}; place 0: not live
        this.holders = new Map(); // by place of the payload: the object's number
        this.broken = null; // the rule that the reader's policy broke, in words; then the run stands still
        try {
            this.heap.open();
            this.last = this.heap.counts();
        } catch (problem) {
            this.broken = problem.message;
        }
    }
    settle(place, size) {
        const score = this.score,
            granted = this.heap.sizeAt(place);
        this.holders.set(place, this.objects.length);
        this.objects.push({place, size, call: this.at});
        score.live += size;
        score.granted += granted;
        score.high = Math.max(score.high, place + granted);
    }
    unsettle(object) {
        this.score.live -= object.size;
        this.score.granted -= this.heap.sizeAt(object.place);
        this.holders.delete(object.place);
    }
    allocate(call) {
        const place = this.heap.engine.malloc(Math.max(call.size, 1), call.alignment || 16);
        if (place) return this.settle(place, call.size);
        this.score.failures++;
        this.objects.push({place: 0, size: 0, call: this.at});
    }
    resize(call) {
        const old = this.objects[call.object];
        if (!old || !old.place) return this.allocate(call);
        const {place, size} = old;
        this.unsettle(old);
        old.place = 0;
        const moved = this.heap.engine.realloc(place, Math.max(call.size, 1));
        if (!moved) this.score.failures++;
        else if (moved === place) this.score.resizes++;
        else this.score.moves++;
        this.settle(moved || place, moved ? call.size : size);
    }
    release(call) {
        const object = this.objects[call.object];
        if (!object || !object.place) return;
        this.unsettle(object);
        this.heap.engine.free(object.place);
        object.place = 0;
    }
    // Makes the next call. False: there is none.
    step() {
        const call = this.calls[this.at];
        if (!call || this.broken) return false;
        if (this.own) this.own.newCall();
        if (call.kind === "malloc") this.allocate(call);
        else if (call.kind === "realloc") this.resize(call);
        else if (call.kind === "free") this.release(call);
        const now = this.heap.counts(),
            delta = {};
        for (const name in now) delta[name] = now[name] - this.last[name];
        this.last = now;
        this.score.add(call.kind === "malloc" || call.kind === "realloc", delta);
        this.at++;
        return true;
    }
    // To just before call `at`. A run is the same each time, so the way back is the way forward, from the start.
    go(at) {
        if (at < this.at) this.begin();
        while (this.at < at && this.step());
    }
}
