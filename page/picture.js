// picture.js - a script as a moving picture: one SVG file that a page, a slide or a README shows as an image.
//
//      b = malloc 320                                   7 of 20
//      Look 2: a free block of 480. Large enough for 320.
//                             v 2
//      | a         |  free   | b    | free              |         a row is a page of the heap, or more
//
// Nothing in it runs: it moves by CSS alone. Each shape has the interval in which it is seen. Where motion is not wanted,
// or not known, it stands still at a split.
"use strict";

const PICTURE = {wide: 640, edge: 16, top: 104, high: 58, row: 84, calls: 60, rows: 8, fade: 0.15, cut: 0.01};
const SECONDS = {asked: 0.5, look: 0.55, split: 0.6, merge: 0.7, grow: 0.9, done: 0.4};

const PICTURE_STYLE = `svg{--paper:#fbfaf7;--ink:#1c2430;--soft:#566070;--used:#2f6fb5;--head:#17304f;--free:#e6eaef;--edge:#8794a5;--glow:#ffd84d}
@media(prefers-color-scheme:dark){svg{--paper:#0f1318;--ink:#e6eaf0;--soft:#9aa6b6;--used:#3672b8;--head:#b9cde6;--free:#2b333d;--edge:#71808f}}
.p{fill:var(--paper)}text{font:14px system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--ink)}
.c{font:700 20px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}.n{fill:var(--soft);text-anchor:end}
.a{font-size:17px}.m{text-anchor:middle}.u{fill:var(--used)}.h{fill:var(--head)}.f{fill:var(--free);stroke:var(--edge);stroke-dasharray:4 3}
.w{fill:#fff;font-weight:700}.g{fill:var(--soft)}.l{fill:none;stroke:var(--ink);stroke-width:6}.k{fill:none;stroke:var(--glow);stroke-width:3}
.t{opacity:0}.s{opacity:1}`;

const inXml = text => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const shortly = number => String(Math.round(number * 100) / 100);

// A picture is seen for less than a second, so its words are fewer than the page's.
const SHORT_WORDS = {
    asked: () => "This block comes back.",
    look: frame =>
        `Look ${frame.looked.length}: ${count(frame.blocks.find(block => block.at === frame.lit).size)} bytes are free: ` +
        (frame.fits ? "large enough." : "too small."),
    split: () => "Split: the rest stays free.",
    merge: () => "Merge: free neighbours become one block.",
    grow: () => "Grow: no free block is large enough.",
    done: (frame, isFree, merged) =>
        isFree ? (merged ? "Done." : "No neighbour is free: a hole stays.") : "Done.",
    broken: frame => frame.say,
};

// Every picture of the run: {frame, from, to, call} in seconds. What a search begins with is told by its first look.
function stepsOf(run) {
    const steps = [];
    let now = 0;
    while (run.at < run.calls.length && !run.broken) {
        const call = run.at;
        for (const frame of tellStep(run)) {
            if (frame.kind === "line" || (frame.kind === "asked" && run.calls[call].kind !== "free")) continue;
            const from = now;
            now += SECONDS[frame.kind] || 1;
            steps.push({frame, from, to: now, call});
        }
    }
    return steps;
}

// Collects shapes by what they are and where. A shape that is there in the next step, too, is one shape.
class Reel {
    constructor(length, still) {
        Object.assign(this, {length, still, shapes: new Map(), done: [], motions: new Map()});
    }
    show(key, step, body, fade = PICTURE.fade) {
        const known = this.shapes.get(key);
        if (known && known.to === step.from) known.to = step.to;
        else {
            if (known) this.done.push(known);
            this.shapes.set(key, {from: step.from, to: step.to, body, fade});
        }
    }
    motion({from, to, fade}) {
        const at = seconds => `${shortly((100 * seconds) / this.length)}%`;
        const before = from > 0 ? `0%,${at(from)}{opacity:0}` : "0%,";
        const shown = `${from > 0 ? `${at(from + fade)},` : ""}`;
        const rest = to < this.length ? `${at(to)}{opacity:1}${at(to + fade)},to{opacity:0}` : "to{opacity:1}";
        const frames = before + shown + rest;
        if (!this.motions.has(frames)) this.motions.set(frames, `k${this.motions.size}`);
        return this.motions.get(frames);
    }
    // The shapes and the style that moves them.
    end() {
        const all = [...this.done, ...this.shapes.values()].sort((one, other) => one.from - other.from);
        const shapes = all.map(shape => {
            const still = shape.from <= this.still && this.still < shape.to ? " s" : "";
            return `<g class="t${still}" style="animation-name:${this.motion(shape)}">${shape.body}</g>`;
        });
        const moves = [...this.motions].map(([frames, name]) => `@keyframes ${name}{${frames}}`);
        return {shapes: shapes.join("\n"), moves: moves.join("\n")};
    }
}

class MovingPicture {
    constructor(run, names) {
        this.steps = stepsOf(run);
        Object.assign(this, {run, names});
        const top = Math.max(...this.steps.map(step => step.frame.top));
        this.row = 4096 * Math.ceil(top / 4096 / PICTURE.rows);
        this.rows = Math.ceil(top / this.row);
        this.scale = (PICTURE.wide - 2 * PICTURE.edge) / this.row;
        this.high = PICTURE.top + this.rows * PICTURE.row + 22;
        this.length = this.steps[this.steps.length - 1].to;
        this.reel = new Reel(this.length, this.stillAt());
    }
    // A split with many blocks says most without motion.
    stillAt() {
        const blocks = step => (step.frame.kind === "split" ? step.frame.blocks.length : 0);
        return this.steps.reduce((best, step) => (blocks(step) > blocks(best) ? step : best)).from;
    }
    // The parts of a range of bytes, one for each row that it touches: {x, y, wide}.
    parts(at, bytes) {
        const parts = [];
        for (let from = at; from < at + bytes; ) {
            const row = Math.floor(from / this.row),
                to = Math.min(at + bytes, (row + 1) * this.row);
            parts.push({
                x: PICTURE.edge + (from - row * this.row) * this.scale,
                y: PICTURE.top + row * PICTURE.row,
                wide: (to - from) * this.scale,
            });
            from = to;
        }
        return parts;
    }
    rect(kind, {x, y, wide}, high = PICTURE.high, out = 0) {
        return `<rect class="${kind}" x="${shortly(x - out)}" y="${y - out}" width="${shortly(Math.max(wide + 2 * out, 1))}" height="${high + 2 * out}" rx="4"/>`;
    }
    block(step, block) {
        const {frame} = step,
            holder = holderOf(frame, this.run, block, this.names),
            word = block.free ? "free" : holder ? holder.name : "";
        const parts = this.parts(block.at, HEADER_BYTES + block.size),
            [first] = parts;
        const widest = parts.reduce((one, other) => (other.wide > one.wide ? other : one));
        let body = parts
            .map(part => this.rect(block.free ? "f" : "u", {...part, wide: part.wide - 1.5}))
            .join("");
        if (!block.free) body += this.rect("h", {...first, wide: HEADER_BYTES * this.scale});
        if (widest.wide > 14 + 8 * word.length)
            body += `<text class="m ${block.free ? "g" : "w"}" x="${shortly(widest.x + widest.wide / 2 + (block.free ? 0 : 2))}" y="${widest.y + 34}">${inXml(word)}</text>`;
        this.reel.show(`block ${block.at} ${block.size} ${word}`, step, body);
    }
    // The block that the search looks at, or that was just cut or merged.
    light(step) {
        const {frame} = step,
            block = frame.blocks.find(known => known.at === frame.lit);
        if (!block || frame.kind === "done") return;
        const [first] = this.parts(block.at, HEADER_BYTES + block.size);
        const mark = frame.kind === "look" ? `${frame.looked.length} ${frame.fits ? "✓" : "✗"}` : "";
        const x = Math.min(Math.max(first.x + first.wide / 2, 30), PICTURE.wide - 30);
        const sign = mark && `<text class="m" font-weight="700" x="${shortly(x)}" y="${first.y - 9}">${mark}</text>`;
        const ring = {...first, wide: first.wide - 1.5};
        const rings = this.rect("l", ring, PICTURE.high, 1) + this.rect("k", ring, PICTURE.high, 1);
        this.reel.show(`light ${step.from}`, step, rings + sign);
    }
    words(step) {
        const {frame, call} = step,
            line = lineOf(this.run, this.run.calls[call]);
        const isFree = this.run.calls[call].kind === "free",
            merged = this.steps.some(other => other.call === call && other.frame.kind === "merge");
        const told = SHORT_WORDS[frame.kind](frame, isFree, merged);
        const number = `${call + 1} of ${this.run.calls.length}`;
        const {edge, wide} = PICTURE;
        this.reel.show(
            `call ${call}`,
            step,
            `<text class="c" x="${edge}" y="30">${inXml(line)}</text><text class="n" x="${wide - edge}" y="30">${number}</text>`,
            PICTURE.cut,
        );
        this.reel.show(
            `words ${call} ${told}`,
            step,
            `<text class="a" x="${edge}" y="58">${inXml(told)}</text>`,
            PICTURE.cut,
        );
    }
    svg() {
        const {wide, edge} = PICTURE,
            policy = POLICIES[this.run.policy];
        for (const step of this.steps) {
            this.words(step);
            for (const block of step.frame.blocks) this.block(step, block);
            this.light(step);
        }
        const {shapes, moves} = this.reel.end(),
            foot = this.high - 10;
        return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${this.high}" role="img" aria-labelledby="title">
<title id="title">${this.run.calls.length} calls of malloc and free on a heap with the policy ${policy}: blocks are searched, split and merged</title>
<style>${PICTURE_STYLE}
.t{animation:${shortly(this.length)}s linear infinite}
@media(prefers-reduced-motion:reduce){.t{animation:none}}
${moves}</style>
<rect class="p" width="${wide}" height="${this.high}" rx="8"/>
${shapes}
<rect class="u" x="${edge}" y="${foot - 11}" width="14" height="11" rx="2"/><text class="g" x="${edge + 20}" y="${foot}">in use</text>
<rect class="h" x="${edge + 80}" y="${foot - 11}" width="5" height="11" rx="1"/><text class="g" x="${edge + 91}" y="${foot}">its header</text>
<rect class="f" x="${edge + 176}" y="${foot - 11}" width="14" height="11" rx="2"/><text class="g" x="${edge + 196}" y="${foot}">free</text>
</svg>
`;
    }
}

// Throws a ScriptError where there is nothing to draw, or too much.
function movingPicture(module, policy, calls, own) {
    if (!calls.length || calls.length > PICTURE.calls)
        throw new ScriptError(`a moving picture has 1 to ${PICTURE.calls} calls, and these are ${calls.length}`);
    const run = new Run(module, policy, calls, own);
    if (run.broken) throw new ScriptError(`there is no heap to draw: ${run.broken}`);
    return new MovingPicture(run, begunNames(calls)).svg();
}
