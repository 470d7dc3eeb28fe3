// chapters.js - questions of the book that the page can show: docs/NN-*.md, "Predict first".
"use strict";

const CHAPTERS = [
    {
        chapter: 2,
        policies: ["first"],
        at: 0,
        script: "a = malloc 100\nb = malloc 500\n",
        words: "A heap has one page of 4,096 bytes. Headers take 32 bytes, and blocks are multiples of 16. Two requests come, for 100 and for 500 bytes. Which blocks does the heap then have?",
    },
    {
        chapter: 3,
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
        words: "Four blocks are freed now. Each of the two neighbours may be free or in use. After each call: does the number of free blocks grow or shrink, and by how many?",
    },
    {
        chapter: 5,
        policies: ["first", "best"],
        at: 0,
        trace: "sqlite3",
        all: true,
        words: "SQLite builds tables in memory, and joins them. Which policy needs the least memory (overhead)? Which looks at the most blocks (probes)? Drag the slider to the end.",
    },
    {
        chapter: 6,
        policies: ["best", "segregated"],
        at: 0,
        trace: "git",
        all: false,
        words: "Best fit looks at every free block, segregated fits at a few. How much more memory will segregated fits need on git's calls: nothing, an eighth, a quarter? Drag the slider to the end.",
    },
    {
        chapter: 8,
        policies: ["buddy"],
        at: 0,
        script: "a = malloc 1048576\n",
        words: "git asks once for exactly 1 MiB, 1,048,576 bytes. How large is the block that it gets from buddies?",
    },
    {
        chapter: 9,
        policies: ["first"],
        at: 0,
        script:
            [
                "v0 = malloc 100",
                ...[1, 2, 3, 4, 5, 6].flatMap(step => [
                    `v${step} = realloc v${step - 1} ${100 * (step + 1)}`,
                    `s${step} = malloc 20`,
                ]),
            ].join("\n") + "\n",
        words: "A vector grows by 100 bytes at a time. After each step a small object is made. In how many of the six steps does the vector move?",
    },
];

async function askChapter(chapter) {
    const known = CHAPTERS.find(one => one.chapter === chapter);
    if (!known) return;
    stop();
    dropQuestion();
    quiz.chapter = chapter;
    view.all = Boolean(known.all);
    $("#all-eight").setAttribute("aria-pressed", view.all);
    setPanels(known.policies.map(name => POLICIES.indexOf(name)));
    if (known.trace) await runTrace(known.trace);
    else runScript(known.script, known.at);
    tellQuestion("", `Chapter ${chapter}. ${known.words} Say your answer, then press Play.`);
    $("#quiz-next").hidden = true;
    $("#ask").scrollIntoView({block: "start"});
}
