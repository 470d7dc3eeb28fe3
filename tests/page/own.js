// The reader's policies under node, by the page's own scripts.
//
//      own.js run ENGINE.wasm CALLS.txt POLICY.js    counts of the policy on a trace, as `halloc replay` has them
//      own.js c POLICY.js                            the policy in C
//      own.js broken ENGINE.wasm                     policies with planted faults: what is found, by how many calls
//      own.js refused                                what the language does not have: what is said
"use strict";
const fs = require("fs"),
    path = require("path"),
    vm = require("vm");
const page = path.join(__dirname, "../../page");
for (const part of ["heap", "calls", "score", "tokens", "language", "translate", "policy", "check"])
    vm.runInThisContext(fs.readFileSync(path.join(page, `${part}.js`), "utf8"));
const first = /FIRST_POLICY = `([^`]*)`/.exec(fs.readFileSync(path.join(page, "own.js"), "utf8"))[1];
const read = name => fs.readFileSync(name, "utf8");
const inPage =
    vm.runInThisContext(`({cOf, compilePolicy, checkPolicy, begin: bytes => { globalThis.engine = new WebAssembly.Module(bytes); },
  replay: (own, text) => {
    const run = new Run(engine, YOURS, callsOfTrace(text), own);
    run.go(run.calls.length);
    return [run.score, run.heap.check() || run.broken];
  }})`);

const commands = {
    run(engine, calls, policy) {
        inPage.begin(fs.readFileSync(engine));
        const [score, broken] = inPage.replay(
            inPage.compilePolicy(policy === "first" ? first : read(policy)),
            read(calls),
        );
        if (broken) throw new Error(broken);
        console.log(
            score.high,
            score.allocations,
            score.finds,
            score.probes,
            score.splits,
            score.merges,
            score.moves,
            score.resizes,
        );
    },
    c(policy) {
        process.stdout.write(
            inPage.cOf(inPage.compilePolicy(policy === "first" ? first : read(policy)).program),
        );
    },
    broken(engine) {
        inPage.begin(fs.readFileSync(engine));
        const planted = [
            ["unlink(set, 0, block);", ""],
            ["push(set, 0, block);", "if (block.size > 100) push(set, 0, block);"],
            ["block = block.nextFree;", "block = block;"],
            ["return block;", "return set.root[0];"],
            ["return block;", "return null;"],
            ["push(set, 0, block);", "push(set, 0, block); block.size = 10;"],
            ["let block", "set.cursor = null; let block"],
            [
                "push(set, 0, block);",
                "block.nextFree = set.root[0]; set.root[0] = block; block.prevFree = null;",
            ],
            ["push(set, 0, block);", "push(set, 999, block);"],
            ["unlink(set, 0, block);", "unlink(set, 0, block.nextFree);"],
            ["unlink(set, 0, block);", "unlink(set, 1, block);"],
            ["push(set, 0, block);", "push(set, block.size - 10000, block);"],
            ["while (block && probe(set, block) < size)", "while (probe(set, block) < size)"],
        ];
        for (const [from, to] of planted) {
            if (!first.includes(from)) throw new Error(`the first policy lacks ${from}`);
            const {fault, calls} = inPage.checkPolicy(inPage.compilePolicy(first.replace(from, to)));
            console.log(`${fault ? `${calls.length}: ${fault.what}` : "sound"}`);
        }
        console.log(inPage.checkPolicy(inPage.compilePolicy(first)).fault || "sound");
    },
    refused() {
        for (const source of [
            "let x = 1;",
            "function find(set, size) { return size; }",
            "function find(set, size) { return null; }",
            first.replace("block.nextFree;", "block.later;"),
            first.replace("< size", "/ size"),
            first.replace("< size", "< -1"),
            first.replace("let block", "let int"),
            first.replace("push(set, 0, block);", "log(block);"),
            first.replace("return block;", "return block || null;"),
            first.replace("function find(set, size)", "function find(set)"),
            first.replace("let block = ", "const f = () => "),
            first.replace("return block;", ""),
            first.replace("return block;", "if (block) return block;"),
            first.replace("let block", "var block"),
            first.replace("while (block &&", "while (block !== undefined &&"),
            first.replace("set.root[0]", "set.root"),
            first.replace("< size", "< set.root[0]"),
            `${first}\n"text"`,
        ]) {
            try {
                inPage.compilePolicy(source);
                console.log("accepted");
            } catch (problem) {
                console.log(problem.message);
            }
        }
    },
};
commands[process.argv[2]](...process.argv.slice(3));
