// own.js - the part of the page in which the reader writes a policy: check it, watch it, take it away as C.
"use strict";

const FIRST_POLICY = `// First fit: walk the list, take the first block that is large enough.
// Change find, and press Check. Can you beat it?
function find(set, size) {
  let block = set.root[0];
  while (block && probe(set, block) < size)
    block = block.nextFree;
  return block;
}

// A block became free: put it on list 0, at the head.
function insert(set, block) {
  push(set, 0, block);
}

// The block is taken, or merges into a neighbour: off its list.
function remove(set, block) {
  unlink(set, 0, block);
}
`;

const own = {source: FIRST_POLICY, works: false};
let ownPolicy = null;

function say(kind, text) {
    $("#own-result").className = kind;
    $("#own-result").textContent = text;
}

// Compiles what is in the box. False: it is said why not.
function takeOwn() {
    own.source = $("#own-source").value;
    own.works = false;
    try {
        ownPolicy = compilePolicy(own.source);
        return true;
    } catch (problem) {
        if (!(problem instanceof LanguageError)) throw problem;
        say("error", problem.message);
        return false;
    }
}

function checkOwn() {
    stop();
    dropQuestion();
    if (!takeOwn()) return;
    const found = checkPolicy(ownPolicy);
    if (found.fault) {
        say(
            "error",
            `Broken: ${found.fault.what}. The shortest calls that show it, ${plural(found.calls.length, "call")}, are above.`,
        );
        runScript(nameCalls(found.calls).map(lineOfCall).join("\n") + "\n", found.calls.length);
        watchOwn();
        return;
    }
    own.works = true;
    const {yours, first} = found,
        better =
            yours.overhead < first.overhead - 1e-9 && yours.probesEach <= first.probesEach
                ? " Better than first fit in both!"
                : yours.overhead < first.overhead - 1e-9
                  ? " Less memory than first fit!"
                  : yours.probesEach < first.probesEach
                    ? " Shorter searches than first fit!"
                    : "";
    say(
        "good",
        `Sound in ${plural(found.tried, "call")}. Overhead ${yours.overhead.toFixed(3)} (first fit ${first.overhead.toFixed(3)}), ` +
            `${yours.probesEach.toFixed(2)} probes (first fit ${first.probesEach.toFixed(2)}).${better}`,
    );
    watchOwn();
}

// Shows it in the first panel.
function watchOwn() {
    scoring.delete(YOURS);
    if (view.panels.some(panel => panel.policy === YOURS))
        view.panels.filter(panel => panel.policy === YOURS).forEach(panel => panel.restart());
    else {
        view.panels[0].policy = YOURS;
        view.panels[0].restart();
    }
    goTo(view.at);
}

function showC() {
    if (!takeOwn()) return;
    $("#own-c").value = cOf(ownPolicy.program);
    $("#own-c-part").hidden = false;
}

const ownState = () => (own.source === FIRST_POLICY ? {} : {o: own.source});

function restoreOwn(state) {
    $("#own-source").value = typeof state.o === "string" ? state.o : FIRST_POLICY;
    if (!takeOwn()) ownPolicy = compilePolicy(FIRST_POLICY);
}

function wireOwn() {
    $("#own-check").addEventListener("click", checkOwn);
    $("#own-show-c").addEventListener("click", showC);
    $("#own-save-c").addEventListener("click", () => saveFile("mine.c", "text/x-c", $("#own-c").value));
}
