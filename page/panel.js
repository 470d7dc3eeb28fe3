// panel.js - one heap on the screen: its policy, the sentence, the strip, and the policy's source with the line that runs.
"use strict";

class Panel {
    constructor(policy) {
        this.element = make("section", {class: "panel"});
        this.element.innerHTML = `<div class="moves"><label>policy <select class="policy" aria-label="policy"></select></label>
      <span class="summary"></span><button type="button" class="other"></button></div>
      <p class="say" aria-live="polite"></p><canvas class="overview" role="img" aria-label="the whole heap"></canvas>
      <div class="stage"><div class="strip" role="group" aria-label="the heap, in the order of addresses"></div>
      <div><p class="from"></p><ol class="code" tabindex="0" aria-label="the policy's source"></ol></div></div>`;
        this.find = selector => this.element.querySelector(selector);
        POLICIES.forEach((name, index) =>
            this.find(".policy").append(
                make(
                    "option",
                    {value: index},
                    name === "yours"
                        ? "yours (written below)"
                        : `${name} fit`.replace(/(bump|buddy|tlsf|segregated) fit/, "$1"),
                ),
            ),
        );
        this.find(".policy").addEventListener("change", event => this.choose(Number(event.target.value)));
        this.find(".other").addEventListener("click", () =>
            setPanels(
                view.panels.length === 1
                    ? [this.policy, this.policy === 3 ? 1 : 3]
                    : view.panels.filter(panel => panel !== this).map(panel => panel.policy),
            ),
        );
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
        this.find(".summary").textContent = SOURCES[POLICIES[this.policy]]
            ? SOURCES[POLICIES[this.policy]].summary
            : "your own rule";
        this.list();
    }
    list() {
        const source = sourceOf(this.policy);
        this.find(".from").textContent = source.from;
        this.find(".code").replaceChildren(
            ...source.lines.map(([number, text]) => make("li", {value: number}, text || " ")),
        );
    }
    // Makes the pictures of the call before `at`.
    go(at) {
        if (this.told === at) return;
        if (at === 0) {
            this.run.go(0);
            this.frames = [
                this.run.broken
                    ? this.brokenFrame()
                    : stillFrame(this.run, "An empty heap: one free block of a whole page."),
            ];
        } else {
            if (this.run.at >= at || this.run.broken) this.run.begin();
            this.advance(at - 1);
            if (!this.run.broken) this.frames = tellStep(this.run);
            else if (this.run.at < at - 1 || !this.run.heap.isOpen) this.frames = [this.brokenFrame()];
        }
        this.told = at;
    }
    brokenFrame() {
        return {
            ...stillFrame(this.run, `Broken after ${plural(this.run.at, "call")}: ${this.run.broken}.`),
            kind: "broken",
        };
    }
    advance(at) {
        try {
            this.run.go(at);
        } catch (problem) {
            this.run.broken = problem.message;
        }
    }
    draw() {
        const frame = this.frames[Math.min(view.frame, this.frames.length - 1)],
            say = this.find(".say");
        say.textContent = frame.say;
        say.className = `say ${frame.kind}`;
        this.strip.draw(frame, this.run, view.names, quiz.marked);
        drawOverview(this.find(".overview"), frame);
        for (const line of this.find(".code").children) {
            const now = frame.line === line.value;
            line.classList.toggle("now", now);
            if (now)
                line.parentElement.scrollTop =
                    line.offsetTop - line.parentElement.offsetTop - line.parentElement.clientHeight / 2;
        }
        const two = view.panels.length === 2;
        this.find(".other").textContent = two ? "Remove" : "Compare with another";
    }
}

// A policy's source: its lines, and which of the policy's functions a line is in.
function sourceOf(policy) {
    const {file, lines} =
        policy === YOURS
            ? {file: "", lines: own.source.split("\n").map((text, index) => [index + 1, text])}
            : SOURCES[POLICIES[policy]];
    const first = lines[0][0];
    return {
        from: file ? `${file}: the line that runs is marked` : "your policy: the line that runs is marked",
        lines,
        text: line => (lines[line - first] || [0, ""])[1],
        hook: line => {
            for (let index = line - first; index >= 0; index--) {
                const name = /^(?:static|function) .*?\b(\w+)\(/.exec((lines[index] || [0, ""])[1]);
                if (name)
                    return (/(find|insert|remove|take|round|piece|may)(_size|_merge)?$/.exec(name[1]) || [
                        "",
                        "find",
                    ])[1];
            }
            return "";
        },
    };
}
