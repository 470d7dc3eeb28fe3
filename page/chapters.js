// chapters.js - the questions of the book that the page can show. Their text is the chapter's own: docs/NN-*.md,
// "Predict first" (build.py). Here stands the heap at which a question begins, and what to do in the page.
//
// #chapter=N opens the question of chapter N. `halloc play --chapter N` does the same. Chapters 10 to 13 are about
// threads, the system and the process heap, and chapter 14 about long experiments: this heap has none of these.
"use strict";

const TO_THE_END = "Say your answer, then drag the slider to the end.",
    PLAY = "Say your answer, then press Play.";

const CHAPTERS = [
    {chapter: 0, asks: [2, 3], policies: ["first"], trace: "ls", here: `This is ls src. ${TO_THE_END}`},
    {chapter: 1, asks: [2], policies: ["bump"], trace: "git", here: `${TO_THE_END} The score has the heap's size.`},
    {chapter: 2, asks: [1], policies: ["first"], at: 0, script: "a = malloc 100\nb = malloc 500\n", here: PLAY},
    {
        chapter: 3,
        asks: [1],
        policies: ["first"],
        at: 8,
        script: `a = malloc 100
b = malloc 100
c = malloc 100
d = malloc 100
e = malloc 100
f = malloc 100
g = malloc 100
free b
free f  # both neighbours are in use
free e  # one neighbour is free: f
free c  # one neighbour is free: b
free d  # both are free
`,
        here: `The next four calls are the four cases. ${PLAY}`,
    },
    {
        chapter: 4,
        asks: [3],
        policies: ["first"],
        script: `${["a", "b", "c", "d", "e", "f", "g"].map(name => `${name} = malloc 100`).join("\n")}
free f
free b
`,
        call: "free d",
        here: "The next call is free d.",
    },
    {
        chapter: 5,
        asks: [1],
        policies: ["first", "best"],
        trace: "sqlite3",
        all: true,
        here: `${TO_THE_END} Overhead is the memory, probes are the blocks looked at.`,
    },
    {
        chapter: 6,
        asks: [2],
        policies: ["best", "segregated"],
        trace: "git",
        here: `Here the calls are git's. ${TO_THE_END}`,
    },
    {
        chapter: 7,
        asks: [2],
        policies: ["first"],
        at: 0,
        script: `${["a", "b", "c", "d", "e", "f"].map(name => `${name} = malloc 24`).join("\n")}\n`,
        here: "Here is the classic heap. Say your answer, press Play, and read the addresses in the table.",
    },
    {chapter: 8, asks: [1], policies: ["buddy"], at: 0, script: "a = malloc 1048576\n", here: PLAY},
    {
        chapter: 9,
        asks: [1, 2],
        policies: ["first"],
        at: 0,
        script: `v0 = malloc 100
${[1, 2, 3, 4, 5, 6].map(step => `v${step} = realloc v${step - 1} ${100 * (step + 1)}\ns${step} = malloc 20`).join("\n")}
`,
        here: `Here is the second case, with six steps of 100 bytes. ${PLAY}`,
    },
];

async function askChapter(chapter) {
    const known = CHAPTERS.find(one => one.chapter === chapter);
    if (!known) return;
    stop();
    dropQuestion();
    view.all = Boolean(known.all);
    $("#all-eight").setAttribute("aria-pressed", view.all);
    setPanels(known.policies.map(name => POLICIES.indexOf(name)));
    if (known.trace) await runTrace(known.trace);
    else runScript(known.script, known.at);
    quiz.chapter = chapter;
    $("#chapter").value = chapter;
    const questions = known.asks.map(number => QUESTIONS[chapter][number - 1]).join(" ");
    const words = `Chapter ${chapter}. ${questions} ${known.here}`;
    if (known.call) {
        const [next] = callsOfScript(known.script + known.call).slice(-1);
        showStill("The heap before the call. The numbers beneath are the order of the list.");
        askList(words, known.call, listAfter(view.panels[0].policy, view.calls, next));
    } else tellQuestion("", words);
    showAsk();
}
