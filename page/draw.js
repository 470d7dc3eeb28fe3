// draw.js - a heap on the screen: blocks in address order in rows, the free lists as arrows beneath, an overview above.
//
// Each block is an element that keeps its identity from picture to picture, so changes move. Widths follow sizes;
// a very long block is cut short, with a mark.
"use strict";

const SCALE = 0.75,
    NARROW = 60,
    WIDE = 230,
    HEAD = 18,
    ROW = 58,
    BENEATH = 50,
    LITTLE = 16,
    GAP = 4;
const WINDOW = 28; // blocks on the strip; the overview shows all

const make = (tag, attributes = {}, text) => {
    const element = document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    if (text !== undefined) element.textContent = text;
    return element;
};
const svg = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    return element;
};

// What a block holds: {name, asked, padding} of a block in use.
function holderOf(frame, run, block, names) {
    if (block.free) return null;
    const known = frame.held.get(block.at + HEADER_BYTES),
        coming = known === undefined ? frame.coming : null;
    if (known === undefined && !coming) return null;
    const number = coming ? coming.number : known,
        asked = coming ? coming.asked : run.objects[known].size;
    return {number, name: names(number), asked, padding: Math.max(block.size - asked, 0)};
}

class Strip {
    constructor(element, pick) {
        this.element = element;
        this.shown = new Map();
        this.arrows = svg("svg", {class: "arrows", "aria-hidden": "true"});
        element.append(this.arrows);
        element.addEventListener("click", event => {
            const block = event.target.closest(".block");
            if (block) pick(Number(block.dataset.at), block);
        });
    }
    // The blocks around the one that the picture is about.
    window(frame) {
        const blocks = frame.blocks;
        if (blocks.length <= WINDOW) return {from: 0, to: blocks.length};
        let focus = blocks.findIndex(block => block.at === frame.lit);
        if (focus < 0) focus = this.focus || 0;
        this.focus = focus;
        const from = Math.max(0, Math.min(focus - WINDOW / 2, blocks.length - WINDOW));
        return {from, to: from + WINDOW};
    }
    // What is to be put side by side: blocks, and what stands for those that are not shown.
    items(frame) {
        const {from, to} = this.window(frame),
            all = frame.blocks.length,
            last = frame.blocks[all - 1];
        const fresh = frame.top - (last ? last.at + HEADER_BYTES + last.size : frame.top);
        const items = frame.blocks
            .slice(from, to)
            .map(block => ({
                block,
                width: Math.min(Math.max((HEADER_BYTES + block.size) * SCALE, NARROW), WIDE),
            }));
        if (from) items.unshift({key: "before", width: 110, words: `${count(from)} blocks before`});
        if (to < all) items.push({key: "behind", width: 110, words: `${count(all - to)} blocks behind`});
        else if (fresh) items.push({key: "fresh", width: 110, words: `${count(fresh)} new bytes`});
        return items;
    }
    // Puts the items into rows. A row has room for arrows beneath where one of its blocks is on a list. Returns the height.
    layOut(items, order) {
        let x = 0,
            y = 0,
            row = [],
            isListed = false;
        const end = () => {
            row.forEach(item => {
                item.y = y;
            });
            y += ROW + (isListed ? BENEATH : LITTLE);
            [x, row, isListed] = [0, [], false];
        };
        for (const item of items) {
            item.width = Math.min(item.width, this.wide);
            if (x && x + item.width > this.wide) end();
            item.x = x;
            x += item.width + GAP;
            row.push(item);
            isListed = isListed || (item.block && order.has(item.block.at));
        }
        end();
        return y;
    }
    draw(frame, run, names, marked) {
        const order = new Map(),
            seen = new Set(),
            places = new Map(),
            items = this.items(frame);
        frame.lists.forEach(list =>
            list.blocks.forEach((at, index) => order.set(at, {list: list.list, index})),
        );
        this.wide = this.element.clientWidth || 800;
        const high = this.layOut(items, order);
        for (const item of items) {
            if (!item.block) this.more(item, seen);
            else
                this.block(
                    item.block,
                    item,
                    frame,
                    holderOf(frame, run, item.block, names),
                    order.get(item.block.at),
                    marked,
                    seen,
                );
            if (item.block) places.set(item.block.at, item);
        }
        for (const [key, element] of this.shown)
            if (!seen.has(key)) {
                this.shown.delete(key);
                element.remove();
            }
        this.element.style.height = `${high}px`;
        this.link(frame, places, high);
    }
    place(key, at, seen) {
        let element = this.shown.get(key);
        if (!element) {
            element = make("button", {type: "button"});
            this.shown.set(key, element);
            this.element.append(element);
        }
        Object.assign(element.style, {left: `${at.x}px`, top: `${at.y}px`, width: `${at.width}px`});
        seen.add(key);
        return element;
    }
    more(item, seen) {
        const element = this.place(item.key, item, seen);
        element.className = `more ${item.key}`;
        element.disabled = true;
        element.textContent = item.words;
    }
    block(block, at, frame, holder, order, marked, seen) {
        const element = this.place(block.at, at, seen),
            lit = frame.lit === block.at,
            chosen = marked.indexOf(block.at) + 1;
        const looks = frame.looked
            .map((place, index) => (place === block.at ? index + 1 : 0))
            .filter(Boolean);
        element.className = [
            "block",
            block.free ? "free" : "used",
            lit ? `lit ${frame.kind}` : "",
            looks.length ? "looked" : "",
            lit && frame.kind === "look" ? (frame.fits ? "fits" : "short") : "",
            frame.rover === block.at ? "rover" : "",
            chosen ? "marked" : "",
            at.width < (HEADER_BYTES + block.size) * SCALE - 1 ? "cut" : "",
        ].join(" ");
        element.dataset.at = block.at;
        const head = HEAD,
            scale = (at.width - head) / Math.max(block.size, 1);
        const padding = holder ? Math.min(holder.padding, block.size) * scale : 0;
        element.innerHTML = "";
        element.append(Object.assign(make("i", {class: "head"}), {style: `width:${head}px`}));
        const payload = make("i", {class: "payload"});
        if (holder && holder.name[0] === "#")
            payload.append(make("b", {}, count(holder.asked))); // of a trace: too long a name
        else if (holder)
            payload.append(make("b", {}, holder.name), " ", make("small", {}, count(holder.asked)));
        else
            payload.append(
                make("b", {}, block.free ? "free" : "in use"),
                " ",
                make("small", {}, count(block.size)),
            );
        element.append(payload);
        if (padding > 0)
            element.append(
                Object.assign(make("i", {class: "padding"}), {style: `width:${Math.max(padding, 3)}px`}),
            );
        if (looks.length)
            element.append(
                make(
                    "em",
                    {"aria-hidden": "true"},
                    lit && frame.kind === "look"
                        ? `${looks[looks.length - 1]}${frame.fits ? " ✓" : " ✗"}`
                        : looks[looks.length - 1],
                ),
            );
        else if (chosen && quiz.asks === "list") element.append(make("em", {"aria-hidden": "true"}, chosen));
        if (frame.rover === block.at) element.append(make("u", {"aria-hidden": "true"}, "rover"));
        element.title =
            words(block, holder, order) +
            (looks.length ? `, look ${looks[looks.length - 1]}` : "") +
            (frame.rover === block.at ? ", the rover" : "") +
            (chosen ? `, number ${chosen} of your answer` : "");
        element.setAttribute("aria-label", element.title);
    }
    // Arrows along each free list, beneath the blocks.
    link(frame, places, high) {
        const arrows = this.arrows;
        arrows.innerHTML =
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerUnits="userSpaceOnUse" markerWidth="10" markerHeight="10" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>';
        arrows.setAttribute("width", this.wide);
        arrows.setAttribute("height", high);
        const many = frame.lists.length > 1;
        frame.lists.forEach(list => {
            let before = null;
            list.blocks.forEach((at, index) => {
                const here = places.get(at);
                if (!here) return void (before = null);
                const x = here.x + Math.min(here.width / 2, 40),
                    y = here.y + ROW;
                if (!index) this.head(x - 8, y, many ? `list ${list.list}` : "list");
                else if (before) this.arc(before, {x: x - 8, y}, frame.looked.includes(at));
                this.number(x + 8, y, index + 1);
                before = {x: x + 8, y: y + 14};
            });
        });
    }
    head(x, y, text) {
        const label = svg("text", {x, y: y + 34, "text-anchor": "middle"});
        label.textContent = text;
        this.arrows.append(svg("path", {d: `M${x} ${y + 22}V${y + 5}`, "marker-end": "url(#tip)"}), label);
    }
    number(x, y, number) {
        const label = svg("text", {x, y: y + 13, "text-anchor": "middle", class: "number"});
        label.textContent = number;
        this.arrows.append(label);
    }
    arc(from, to, looked) {
        const deep = from.y - 14 === to.y ? Math.min(16 + Math.abs(to.x - from.x) / 14, BENEATH - 10) : 26;
        const path = `M${from.x} ${from.y + 2}C${from.x} ${from.y + deep},${to.x} ${to.y + 14 + deep},${to.x} ${to.y + 5}`;
        const arrow = svg("path", {d: path, "marker-end": "url(#tip)", class: looked ? "looked" : ""});
        this.arrows.insertBefore(arrow, this.arrows.querySelector("text")); // behind all words
    }
}

// A block's name for ears, and under the pointer. It begins with the words that are drawn on the block.
function words(block, holder, order) {
    const size = count(block.size),
        at = `at ${count(block.at)}`;
    if (block.free)
        return `free ${size} bytes ${at}${order ? `, number ${order.index + 1} of list ${order.list}` : ", on no list"}`;
    if (!holder) return `in use ${size} bytes ${at}`;
    return `${holder.name} ${count(holder.asked)}, in use: ${size} bytes ${at}, ${count(holder.padding)} of them padding`;
}

// The whole heap in one bar: what is in use is dark, what is free is light.
function drawOverview(canvas, frame) {
    const scale = window.devicePixelRatio || 1,
        wide = canvas.clientWidth || 800,
        high = canvas.clientHeight || 12;
    canvas.width = wide * scale;
    canvas.height = high * scale;
    const context = canvas.getContext("2d"),
        style = getComputedStyle(canvas),
        per = canvas.width / frame.top;
    const colour = name => style.getPropertyValue(name);
    context.fillStyle = colour("--free");
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = colour("--asked");
    for (const block of frame.blocks)
        if (!block.free)
            context.fillRect(
                block.at * per,
                0,
                Math.max((HEADER_BYTES + block.size) * per, 0.5),
                canvas.height,
            );
    context.fillStyle = colour("--accent");
    for (const block of frame.blocks)
        if (block.at === frame.lit)
            context.fillRect(
                block.at * per - scale,
                0,
                Math.max((HEADER_BYTES + block.size) * per, 3 * scale),
                canvas.height,
            );
}

// The heap as a table, for screen readers and for anyone who wants the figures.
function drawTable(body, frame, run, names) {
    const order = new Map();
    frame.lists.forEach(list =>
        list.blocks.forEach((at, index) => order.set(at, `${index + 1} of list ${list.list}`)),
    );
    body.replaceChildren(
        ...frame.blocks.slice(0, 400).map(block => {
            const holder = holderOf(frame, run, block, names),
                row = make("tr");
            const cells = [
                count(block.at),
                block.free ? "free" : holder ? `in use: ${holder.name}` : "in use",
                HEADER_BYTES,
                count(block.size),
                holder ? count(holder.asked) : "",
                holder ? count(holder.padding) : "",
                order.get(block.at) || "",
            ];
            cells.forEach((cell, index) =>
                row.append(make(index ? "td" : "th", index ? {} : {scope: "row"}, cell)),
            );
            return row;
        }),
    );
}
