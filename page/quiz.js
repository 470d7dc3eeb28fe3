// quiz.js - predict first: questions from a number, answered by a click on a block, then shown.
//
// A question's number is its seed, so everybody has the same question 7, and a teacher can hand out a link to it.
"use strict";

const QUIZ_POLICIES = ["first", "best", "worst", "next", "segregated", "buddy"];
const quiz = {marked: null, answer: null, seed: 0, chapter: 0, right: 0, asked: 0};

// Calls after which several blocks are free, and one that asks for memory. The policy is one of six.
function questionOf(seed) {
    const random = randomFrom(seed),
        policy = POLICIES.indexOf(QUIZ_POLICIES[random(Math.min(QUIZ_POLICIES.length, 2 + seed))]);
    const blocks = 7 + random(4),
        calls = [];
    for (let index = 0; index < blocks; index++)
        calls.push({kind: "malloc", size: 16 * (1 + random(14)) - random(8), alignment: 16});
    const order = [];
    for (let index = random(2); index < blocks - 1; index += 1 + random(2)) order.push(index);
    while (order.length) calls.push({kind: "free", object: order.splice(random(order.length), 1)[0]});
    const run = new Run(engine, policy, calls),
        free = () => run.heap.blocks().filter(block => block.free);
    run.go(calls.length);
    const sizes = free()
        .map(block => block.size)
        .sort((one, other) => one - other);
    const size = Math.max(8, sizes[Math.floor(sizes.length / 2)] - 16 * random(2) - random(12));
    const taken = run.heap.engine.peek(size);
    return {seed, policy, calls: nameCalls(calls), size, taken: taken ? taken - run.heap.base : null};
}

function askQuestion(seed) {
    stop();
    const question = questionOf(seed);
    quiz.seed = seed;
    quiz.chapter = 0;
    quiz.marked = null;
    quiz.answer = at => answerQuestion(question, at);
    setPanels([question.policy]);
    runScript(question.calls.map(lineOfCall).join("\n") + "\n");
    showStill("The heap before the call. The numbers beneath are the order of the list.");
    $("#quiz-number").value = seed;
    tellQuestion(
        "",
        `Question ${seed}. The policy is ${POLICIES[question.policy]}: ${SOURCES[POLICIES[question.policy]].summary}. ` +
            `The program calls malloc(${question.size}). Which free block will be taken? Click it.`,
    );
    $("#ask").scrollIntoView({block: "start"});
    draw();
}

function tellQuestion(kind, text) {
    $("#ask").hidden = !text;
    $("#quiz-result").className = kind;
    $("#quiz-result").textContent = text;
    $("#quiz-none").hidden = !quiz.answer;
    $("#quiz-next").hidden = Boolean(quiz.answer);
}

// The reader does something else.
function dropQuestion() {
    quiz.answer = quiz.marked = null;
    quiz.chapter = 0;
    tellQuestion("", "");
}

// True: the click was an answer, and nothing else.
function answerQuestion(question, at) {
    goTo(view.calls.length);
    const block = view.panels[0].frames[view.frame].blocks.find(known => known.at === at);
    if (at !== null && !(block && block.free)) {
        tellQuestion(
            "error",
            `That block is in use. Only a free block can be taken, and ${question.size} bytes are asked for.`,
        );
        return true;
    }
    const right = at === question.taken;
    quiz.answer = null;
    quiz.asked++;
    quiz.right += right;
    quiz.marked = at;
    tellQuestion(
        right ? "good" : "error",
        `${right ? "✓ Right." : "✗ Not that one."} Watch the search. ${quiz.right} of ${quiz.asked} right so far.`,
    );
    const names = view.calls.filter(call => call.kind !== "free").length;
    addCall(`${nameOf(names)} = malloc ${question.size}`);
    return true;
}

function wireQuiz() {
    $("#quiz-form").addEventListener("submit", event => {
        event.preventDefault();
        askQuestion(Math.max(1, Math.floor(Number($("#quiz-number").value)) || 1));
    });
    $("#quiz-next").addEventListener("click", () => askQuestion(quiz.seed + 1));
    for (const {chapter} of CHAPTERS)
        $("#chapter").append(make("option", {value: chapter}, `chapter ${chapter}`));
    $("#chapter").addEventListener("change", event => askChapter(Number(event.target.value)));
    $("#quiz-none").addEventListener("click", () => quiz.answer && quiz.answer(null));
}
