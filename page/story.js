// story.js - one call of the program as a row of pictures, each with a sentence.
//
//      asked -> looks (a picture for each line of find) -> growth, split, merge -> done
//
// The engine says what happens: its lines are overheard while the call runs, and the heap's records are read at once.
"use strict";

const FRAMES_MOST = 400; // of one call; a longer search is cut in the middle

const HOOK_WORDS = {
    insert: "insert: the policy puts the free block into its list.",
    remove: "remove: the policy takes the block out of its list.",
    take: "take: the policy notes that this block is taken.",
};

const count = number => number.toLocaleString("en-US");
const bytesOf = number => `${count(number)} ${number === 1 ? "byte" : "bytes"}`;
const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

function pictureOf(run) {
    const heap = run.heap;
    return {
        held: new Map(run.holders),
        blocks: heap.blocks(),
        lists: heap.lists(),
        rover: heap.rover(),
        top: heap.top(),
    };
}

// The picture between two calls.
function stillFrame(run, say) {
    return {...pictureOf(run), looked: [], lit: null, line: null, say, kind: "still"};
}

function askedWords(run, call) {
    if (call.kind === "free")
        return `${lineOf(run, call)}: the program gives a block back. The header in front of it says how long it is.`;
    if (call.kind === "nothing") return "This call changes nothing in the heap.";
    const needed = run.heap.engine.round(Math.max(call.size, 1));
    const rounded =
        needed === call.size
            ? ""
            : run.policy === POLICIES.indexOf("buddy")
              ? ` A buddy with its header is a power of two, so the search is for ${count(needed)}.`
              : ` Payloads come in steps of 16, so the search is for ${count(needed)}.`;
    return `${lineOf(run, call)}: the program asks for ${bytesOf(call.size)}.${rounded}`;
}

function lineOf(run, call) {
    if (call.name) return lineOfCall(call);
    if (call.kind === "free") return `free(object ${call.object})`;
    return call.kind === "realloc" ? `realloc(object ${call.object}, ${call.size})` : `malloc(${call.size})`;
}

class Telling {
    constructor(run, call) {
        Object.assign(this, {run, call, frames: [], looked: [], needed: 0, lost: 0});
        if (call.kind === "malloc" || call.kind === "realloc")
            this.needed = run.heap.engine.round(Math.max(call.size, 1));
        this.picture = pictureOf(run);
        this.starts = new Set(this.picture.blocks.map(block => block.at)); // as the last split or merge left them
        this.file = run.policy === YOURS ? OWN_FILE : run.policy;
        const object = run.objects[call.object];
        this.was = object && object.place ? object.place - HEADER_BYTES : null;
        this.tell("asked", askedWords(run, call), {lit: this.was});
    }
    // The block that the call is about to have has its name already.
    tell(kind, say, more = {}) {
        if (this.frames.length >= FRAMES_MOST) return void this.lost++;
        this.frames.push({
            ...this.picture,
            looked: [...this.looked],
            lit: null,
            line: null,
            kind,
            say,
            ...more,
            coming:
                this.call.kind === "malloc" ? {number: this.run.objects.length, asked: this.call.size} : null,
        });
    }
    hear(what, value) {
        if (what === SEEN_PROBE) return this.look(value);
        const file = Math.floor(value / 1000),
            line = value % 1000;
        if (file === this.file) this.runLine(line);
        else if (file === ENGINE_FILE && MARKS[line]) this.mark(MARKS[line]);
    }
    // A line of the policy. Its end brace is no step, and a line that has just looked is not shown again.
    runLine(line) {
        const last = this.frames[this.frames.length - 1],
            source = sourceOf(this.run.policy),
            text = source.text(line);
        if (((last.kind === "line" || last.kind === "look") && last.line === line) || /^\s*}?\s*$/.test(text))
            return;
        const hook = source.hook(line);
        if (hook !== "find" && hook !== "round" && hook !== "piece" && hook !== "may")
            this.picture = pictureOf(this.run);
        const say = HOOK_WORDS[hook] || (last.kind === "asked" ? "find begins its search." : last.say);
        this.tell("line", say, {line, lit: HOOK_WORDS[hook] ? null : last.lit});
    }
    look(address) {
        const place = address - this.run.heap.base,
            size = this.run.heap.word(address);
        this.looked.push(place);
        const fits = size >= this.needed;
        const say =
            `Look ${count(this.looked.length)}: a free block of ${count(size)}. ` +
            (fits
                ? `Large enough for ${count(this.needed)}.`
                : `Too small: ${count(this.needed)} are needed.`);
        const last = this.frames[this.frames.length - 1];
        const line = last.line;
        if (last.kind === "line") this.frames.pop(); // the line and its look are one picture
        this.tell("look", say, {lit: place, fits, line});
    }
    mark(kind) {
        const before = this.picture;
        this.picture = pictureOf(this.run);
        const after = this.picture,
            {starts} = this;
        this.starts = new Set(after.blocks.map(block => block.at));
        if (kind === "grow") {
            const more = after.top - before.top;
            this.tell(
                "grow",
                `Grow: no free block is large enough. The heap gets ${bytesOf(more)} more from the system.`,
            );
        } else if (kind === "merge") {
            const joined = after.blocks.find(block =>
                before.blocks.some(old => old.at === block.at && old.size < block.size),
            );
            this.tell(
                "merge",
                `Merge: two free neighbours become one block of ${count(joined ? joined.size : 0)}. A header is won back.`,
                {lit: joined && joined.at},
            );
        } else {
            const rest =
                after.blocks.find(block => block.free && !starts.has(block.at)) ||
                after.blocks.find(block => !starts.has(block.at));
            this.tell(
                "split",
                `Split: the rest of the block, ${bytesOf(rest ? rest.size : 0)} behind a header of its own, stays free.`,
                {lit: rest && rest.at},
            );
        }
    }
    end(error) {
        this.picture = pictureOf(this.run);
        const cut = this.lost ? ` ${plural(this.lost, "step")} of the search are not shown.` : "";
        this.frames.length = Math.min(this.frames.length, FRAMES_MOST - 1); // room for the last
        this.tell(error ? "broken" : "done", error ? `Broken: ${error}.` : this.ending() + cut, {
            lit: this.placed(),
        });
        return this.frames;
    }
    placed() {
        const object = this.run.objects[this.run.objects.length - 1];
        return this.call.kind !== "free" && object && object.place
            ? object.place - HEADER_BYTES
            : this.freed();
    }
    freed() {
        const object = this.call.object === undefined ? null : this.run.objects[this.call.object];
        if (!object || this.call.kind !== "free") return null;
        const around = this.picture.blocks.find(
            block => block.at <= this.was && this.was < block.at + HEADER_BYTES + block.size,
        );
        return around ? around.at : null;
    }
    ending() {
        const {run, call} = this,
            object = run.objects[run.objects.length - 1];
        if (call.kind === "nothing") return "Nothing changed.";
        if (call.kind === "free") {
            const free = this.picture.blocks.filter(block => block.free).length;
            const merges = this.frames.filter(frame => frame.kind === "merge").length;
            return `${merges ? "Done" : "Done, and no neighbour is free to merge with"}. The heap has ${plural(free, "free block")} now.`;
        }
        if (!object.place) return "The heap has no room: the call gives NULL.";
        const granted = run.heap.sizeAt(object.place),
            padding = granted - object.size;
        const where =
            call.kind !== "realloc"
                ? ""
                : this.was === object.place - HEADER_BYTES
                  ? " It stayed where it was."
                  : " It moved, and its bytes were copied.";
        return (
            `Done: ${bytesOf(HEADER_BYTES)} of header, ${count(object.size)} for the program${padding ? `, ${count(padding)} of padding` : ""}.${where}` +
            ` find looked at ${plural(this.looked.length, "block")}.`
        );
    }
}

// Makes the run's next call, and tells it.
function tellStep(run) {
    const call = run.calls[run.at],
        telling = new Telling(run, call);
    run.heap.watch((what, value) => telling.hear(what, value));
    let error = null;
    try {
        run.step();
    } catch (problem) {
        error = problem.message;
        run.at++;
    }
    run.heap.watch(null);
    const broken = error || run.heap.check();
    if (broken) run.broken = broken;
    return telling.end(broken);
}
