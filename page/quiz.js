// quiz.js - predict first: questions from a number, answered by clicks on the heap, then shown.
//
//      odd numbers    which free block will be taken?             one click
//      even numbers   what will the free list be after this call? clicks in the order of the list
//
// A question's number is its seed, so everybody has the same question 7. A teacher hands out a set, such as 1 to 10:
// the link of a set is #question=1-10 (share.js). chapters.js asks the questions of the book.
"use strict";

const TAKERS = ["first", "best", "worst", "next", "segregated", "buddy"];
const LISTERS = ["first", "next", "best", "worst"]; // their free blocks are all on one list
const quiz = {marked: [], answer: null, asks: "", number: 0, last: 0, chapter: 0, right: 0, asked: 0};

/* --- Questions ------------------------------------------------------------------------------------------ */

// Calls after which several blocks are free, between blocks in use.
function heapFrom(random) {
    const blocks = 7 + random(4),
        calls = [],
        order = [];
    for (let index = 0; index < blocks; index++)
        calls.push({kind: "malloc", size: 16 * (1 + random(14)) - random(8), alignment: 16});
    for (let index = random(2); index < blocks - 1; index += 1 + random(2)) order.push(index);
    while (order.length) calls.push({kind: "free", object: order.splice(random(order.length), 1)[0]});
    return calls;
}

function sizeThatFits(run, random) {
    const sizes = run.heap
        .blocks()
        .filter(block => block.free)
        .map(block => block.size)
        .sort((one, other) => one - other);
    return Math.max(8, sizes[Math.floor(sizes.length / 2)] - 16 * random(2) - random(12));
}

// `call` is the line of a script that comes next. `taken` is where the block lies that serves it; null: the heap grows.
function takerQuestion(random, number) {
    const policy = POLICIES.indexOf(TAKERS[random(Math.min(TAKERS.length, 2 + number))]);
    const calls = heapFrom(random),
        run = new Run(engine, policy, calls);
    run.go(calls.length);
    const size = sizeThatFits(run, random),
        taken = run.heap.engine.peek(size);
    return {policy, calls: nameCalls(calls), size, taken: taken ? taken - run.heap.base : null};
}

// The list after one more call, from its head. Each entry has the places of the blocks now of which it is made.
function listAfter(policy, calls, next) {
    const run = new Run(engine, policy, [...calls, next]);
    run.go(calls.length);
    const before = run.heap.blocks();
    run.go(calls.length + 1);
    const after = new Map(run.heap.blocks().map(block => [block.at, block]));
    const end = block => block.at + HEADER_BYTES + block.size;
    return run.heap.lists().flatMap(list =>
        list.blocks.map(at => ({
            size: after.get(at).size,
            parts: before
                .filter(block => block.at < end(after.get(at)) && end(block) > at)
                .map(block => block.at),
        })),
    );
}

function listQuestion(random, number) {
    const policy = POLICIES.indexOf(LISTERS[random(Math.min(LISTERS.length, number / 2))]);
    const calls = heapFrom(random),
        run = new Run(engine, policy, calls);
    run.go(calls.length);
    const live = run.objects.flatMap((object, index) => (object.place ? [index] : []));
    const next =
        random(3) && live.length
            ? {kind: "free", object: live[random(live.length)]}
            : {kind: "malloc", size: sizeThatFits(run, random), alignment: 16};
    const named = nameCalls([...calls, next]);
    return {
        policy,
        calls: named.slice(0, -1),
        call: lineOfCall(named[calls.length]),
        list: listAfter(policy, calls, next),
    };
}

function questionOf(number) {
    const random = randomFrom(number);
    return number % 2 ? takerQuestion(random, number) : listQuestion(random, number);
}

/* --- Asking --------------------------------------------------------------------------------------------- */

// In a frame the question is in view already, and the page around it would be scrolled away under its reader.
function showAsk() {
    if (self === top) $("#ask").scrollIntoView({block: "start"});
}

const LIST_RULES =
    "What will the free list be then? Click its blocks in the order of the list, number 1 first. " +
    "Blocks that merge are one: click one of them. A block that is cut stands for its rest.";

function askQuestion(number, last = 0) {
    stop();
    const question = questionOf(number);
    const scriptNow = question.calls.map(lineOfCall).join("\n") + "\n";
    Object.assign(quiz, {number, last, chapter: 0, marked: []});
    setPanels([question.policy]);
    runScript(scriptNow);
    showStill("The heap before the call. The numbers beneath are the order of the list.");
    $("#quiz-number").value = number;
    $("#quiz-last").value = last || "";
    const name = POLICIES[question.policy],
        words = `Question ${number}${last ? ` of ${last}` : ""}. The policy is ${name}: ${SOURCES[name].summary}. `;
    if (question.list) askList(`${words}The next call is ${question.call}.`, question.call, question.list);
    else askTaken(words, question);
    showAsk();
}

function askTaken(words, question) {
    quiz.answer = at => answerTaken(question, at);
    quiz.asks = "taken";
    tellQuestion(
        "",
        `${words}The program calls malloc(${question.size}). Which free block will be taken? Click it.`,
    );
    draw();
}

function askList(words, call, list) {
    quiz.marked = [];
    quiz.answer = at => answerList(call, list, at);
    quiz.asks = "list";
    tellQuestion("", `${words} ${LIST_RULES}`);
    draw();
}

function tellQuestion(kind, text) {
    $("#ask").hidden = !text;
    $("#quiz-result").className = kind;
    $("#quiz-result").textContent = text;
    $("#quiz-none").hidden = !(quiz.answer && quiz.asks === "taken");
    $("#quiz-list").hidden = !(quiz.answer && quiz.asks === "list");
    $("#quiz-next").hidden =
        Boolean(quiz.answer) || quiz.chapter > 0 || (quiz.last > 0 && quiz.number >= quiz.last);
}

// The reader does something else.
function dropQuestion() {
    Object.assign(quiz, {answer: null, marked: [], chapter: 0});
    tellQuestion("", "");
}

/* --- Answers: each of these says whether the click was one -------------------------------------------------- */

function answerTaken(question, at) {
    goTo(view.calls.length);
    const block = view.panels[0].frames[view.frame].blocks.find(known => known.at === at);
    if (at !== null && !(block && block.free)) {
        tellQuestion(
            "error",
            `That block is in use. Only a free block can be taken, and ${question.size} bytes are asked for.`,
        );
        return true;
    }
    quiz.marked = at === null ? [] : [at];
    const names = view.calls.filter(call => call.kind !== "free").length;
    judge(
        at === question.taken,
        "✗ Not that one. Watch the search.",
        `${nameOf(names)} = malloc ${question.size}`,
    );
    return true;
}

// `at` null: the list is complete. A block that is clicked again leaves the answer.
function answerList(call, list, at) {
    goTo(view.calls.length);
    if (at === null) {
        const right =
            quiz.marked.length === list.length &&
            list.every((entry, index) => entry.parts.includes(quiz.marked[index]));
        const sizes = list.map(entry => count(entry.size)).join(", ") || "empty";
        judge(right, `✗ It is another list. The sizes in it, in order: ${sizes}. Watch.`, call);
        return true;
    }
    quiz.marked = quiz.marked.includes(at)
        ? quiz.marked.filter(known => known !== at)
        : [...quiz.marked, at];
    draw();
    return true;
}

function judge(right, otherwise, call) {
    const {chapter} = quiz;
    quiz.answer = null;
    quiz.asked += !chapter;
    quiz.right += right && !chapter;
    const end = quiz.last && quiz.number >= quiz.last ? "That was the last question of the set: " : "";
    const score = chapter ? "" : ` ${end}${quiz.right} of ${quiz.asked} right${end ? "" : " so far"}.`;
    tellQuestion(right ? "good" : "error", (right ? "✓ Right. Watch it." : otherwise) + score);
    const {marked} = quiz;
    addCall(call);
    Object.assign(quiz, {marked, chapter});
}

function wireQuiz() {
    const whole = selector => Math.max(0, Math.floor(Number($(selector).value)) || 0);
    $("#quiz-form").addEventListener("submit", event => {
        event.preventDefault();
        const from = whole("#quiz-number") || 1,
            to = whole("#quiz-last");
        Object.assign(quiz, {right: 0, asked: 0});
        askQuestion(from, to >= from ? to : 0);
    });
    $("#quiz-next").addEventListener("click", () => askQuestion(quiz.number + 1, quiz.last));
    for (const {chapter} of CHAPTERS)
        $("#chapter").append(make("option", {value: chapter}, `chapter ${chapter}`));
    $("#chapter").addEventListener("change", event => askChapter(Number(event.target.value)));
    for (const button of ["#quiz-none", "#quiz-list"])
        $(button).addEventListener("click", () => quiz.answer && quiz.answer(null));
}
