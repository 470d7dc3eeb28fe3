// language.js - the JavaScript that a policy is written in here: a part of the language that C has, too.
//
//      source -> tokens -> a tree -> JavaScript that counts its steps and says which line runs
//                                 -> C for `halloc lab check`
//
// Functions, let, const, if, while, for, return, break, continue. Numbers are whole. Values have one type, which is
// read from where they come: a block, a number, or yes/no. What C does not have, or would do differently, is an error:
// closures, objects, strings, division, negative numbers, and a block where yes or no is meant, except in a condition.
"use strict";

const BLOCK_MEMBERS = {
    size: "number",
    next: "block",
    prev: "block",
    isFree: "number",
    nextFree: "block",
    prevFree: "block",
};
const SET_MEMBERS = {
    count: "number",
    cursor: "block",
    header_bytes: "number",
    granule: "number",
    root: "roots",
};
const BUILT_IN = {
    // name: types of the arguments, type of the result, name in C
    probe: [["set", "block"], "number", "halloc_probe"],
    push: [["set", "number", "block"], "nothing", "halloc_list_push"],
    unlink: [["set", "number", "block"], "nothing", "halloc_list_unlink"],
    floorLog2: [["number"], "number", "floor_log2"],
};
const HOOKS = {
    find: [["set", "number"], "block"],
    insert: [["set", "block"], "nothing"],
    remove: [["set", "block"], "nothing"],
    take: [["set", "block"], "nothing"],
};
const LEVELS = [
    ["||"],
    ["&&"],
    ["|"],
    ["&"],
    ["===", "!==", "==", "!="],
    ["<", ">", "<=", ">="],
    ["<<", ">>"],
    ["+", "-"],
    ["*", "%"],
];
// Where JavaScript and C's size_t would differ, the page computes as C does, or stops: below zero, and by shifts.
const CAREFUL = {"-": "minus", "%": "rest", "<<": "shiftUp", ">>": "shiftDown"};
const TYPE_WORDS = {
    block: "a block",
    number: "a number",
    bool: "yes or no",
    set: "the set",
    roots: "the lists",
    nothing: "nothing",
    null: "null",
};

// A statement after which none is reached.
function alwaysReturns({kind, condition, then, otherwise, body}) {
    if (kind === "if") return Boolean(otherwise) && then.some(alwaysReturns) && otherwise.some(alwaysReturns);
    if (kind === "while") return condition.text === "true" && !JSON.stringify(body).includes('"kind":"break"');
    return kind === "return" || (kind === "block" && body.some(alwaysReturns));
}

class Parser {
    constructor(source) {
        const tokens = tokensOf(source);
        this.comments = tokens.filter(token => token.kind === "comment");
        this.tokens = tokens.filter(token => token.kind !== "comment");
        this.at = 0;
        this.functions = new Map();
        this.constants = new Map();
        this.scopes = [];
    }
    get token() {
        return (
            this.tokens[this.at] || {
                kind: "end",
                text: "the end",
                line: this.tokens.length ? this.tokens[this.tokens.length - 1].line : 1,
            }
        );
    }
    fail(what, line = this.token.line) {
        throw new LanguageError(line, what);
    }
    is(text) {
        return this.token.text === text && this.token.kind !== "end";
    }
    accept(text) {
        return this.is(text) && this.tokens[this.at++];
    }
    expect(text) {
        return this.accept(text) || this.fail(`expected "${text}", not "${this.token.text}"`);
    }
    name() {
        const {kind, text} = this.token;
        if (kind !== "word") this.fail(`expected a name, not "${text}"`);
        if (WORDS_OF_C.has(text)) this.fail(`${text} has a meaning of its own in C: choose another name`);
        this.at++;
        return text;
    }
    program() {
        while (this.token.kind !== "end") {
            if (this.accept("const")) this.constant();
            else this.function();
        }
        for (const hook of ["find", "insert", "remove"])
            if (!this.functions.has(hook)) this.fail(`the function ${hook} is missing`);
        return this;
    }
    constant() {
        const line = this.token.line,
            name = this.name();
        this.expect("=");
        if (this.token.kind !== "number") this.fail("a constant outside functions is a number");
        this.constants.set(name, {value: this.tokens[this.at++].text, line});
        this.accept(";");
    }
    function() {
        const {line} = this.expect("function"),
            name = this.name();
        if (this.functions.has(name) || BUILT_IN[name])
            this.fail(`there is a function ${name} already`, line);
        this.expect("(");
        const names = [];
        while (!this.accept(")")) {
            names.push(this.name());
            if (!this.is(")")) this.expect(",");
        }
        const hook = HOOKS[name];
        if (hook && names.length !== 2)
            this.fail(
                `${name} has two parameters: set, and ${hook[0][1] === "number" ? "size" : "block"}`,
                line,
            );
        const parameters = names.map((parameter, index) => [
            parameter,
            hook ? hook[0][index] : this.guess(parameter),
        ]);
        this.current = {name, line, parameters, result: hook ? hook[1] : "nothing"};
        this.scopes = [new Map(parameters)];
        this.functions.set(name, this.current);
        this.current.body = this.block();
        if (this.current.result !== "nothing" && !this.current.body.some(alwaysReturns))
            this.fail(`${name} can end without a return: what does it give then?`, line);
    }
    // The type of a helper's parameter: what its name says, a member of it, or what it is compared with.
    guess(name, isFirst = true) {
        if (name === "set" || name === "block") return name;
        let depth = 0,
            type = "number";
        for (let index = this.at; index < this.tokens.length; index++) {
            const [before, {text}, sign, after] = [-1, 0, 1, 2].map(
                by => this.tokens[index + by] || {text: ""},
            );
            depth += text === "{" ? 1 : text === "}" ? -1 : 0;
            if (text === "}" && !depth) break;
            if (text !== name || before.text === ".") continue;
            if (sign.text === "." && after.text in BLOCK_MEMBERS) type = "block";
            const other = /^[!=]==?$/.test(sign.text)
                ? after.text
                : /^[!=]==?$/.test(before.text)
                  ? this.tokens[index - 2].text
                  : "";
            if (other === "null" || (isFirst && other && this.guess(other, false) === "block"))
                type = "block";
        }
        return type;
    }
    find(name, line) {
        for (const scope of [...this.scopes].reverse()) if (scope.has(name)) return scope.get(name);
        if (this.constants.has(name)) return "number";
        const instead = {undefined: "null", NULL: "null", var: "let"}[name];
        return this.fail(`${name} is not known here${instead ? `: write ${instead}` : ""}`, line);
    }
    block() {
        this.expect("{");
        this.scopes.push(new Map());
        const statements = [];
        while (!this.accept("}")) statements.push(this.statement());
        this.scopes.pop();
        return statements;
    }
    body() {
        return this.is("{") ? this.block() : [this.statement()];
    }
    statement() {
        const {line, text} = this.token;
        if (text === "{") return {kind: "block", line, body: this.block()};
        if (this.accept("if")) {
            const condition = this.condition(),
                then = this.body();
            return {kind: "if", line, condition, then, otherwise: this.accept("else") ? this.body() : null};
        }
        if (this.accept("while"))
            return {kind: "while", line, condition: this.condition(), body: this.body()};
        if (this.accept("for")) return this.loop(line);
        if (this.accept("return")) {
            const value = this.is(";") || this.is("}") ? null : this.expression(),
                type = value ? value.type : "nothing";
            if (!HOOKS[this.current.name] && !this.current.returns)
                this.current.result = type === "null" ? "block" : type;
            this.current.returns = true;
            this.fits(type, this.current.result, `${this.current.name} returns`, line);
            this.accept(";");
            return {kind: "return", line, value};
        }
        if (this.is("break") || this.is("continue")) {
            this.at++;
            this.accept(";");
            return {kind: text, line};
        }
        const simple = this.simple();
        this.accept(";");
        return simple;
    }
    condition() {
        this.expect("(");
        const value = this.expression();
        this.expect(")");
        return value;
    }
    loop(line) {
        this.expect("(");
        this.scopes.push(new Map());
        const first = this.is(";") ? null : this.simple();
        this.expect(";");
        const condition = this.is(";") ? null : this.expression();
        this.expect(";");
        const last = this.is(")") ? null : this.simple();
        this.expect(")");
        const body = this.body();
        this.scopes.pop();
        return {kind: "for", line, first, condition, last, body};
    }
    // let x = ..., an assignment, or a call.
    simple() {
        const {line} = this.token;
        if (this.accept("let") || this.accept("const")) {
            const name = this.name();
            if (!this.accept("=")) this.fail(`${name} needs a value: let ${name} = ...`);
            const value = this.expression(),
                type = value.type === "null" ? "block" : value.type;
            if (type === "roots") this.fail("set.root is all the lists: set.root[0] is the head of the first", line);
            if (type === "nothing" || type === "set")
                this.fail(`${name} can hold a block, a number, or yes or no`, line);
            this.scopes[this.scopes.length - 1].set(name, type);
            return {kind: "let", line, name, type, value};
        }
        const target = this.expression(),
            sign = this.token.text;
        if (["=", "+=", "-=", "&=", "|="].includes(sign)) {
            this.at++;
            if (!["name", "member", "root"].includes(target.kind))
                this.fail("only a variable or a member can be assigned to", line);
            const value = this.expression();
            this.fits(value.type, target.type, "this place holds", line);
            return {kind: "assign", line, target, sign, value};
        }
        if (sign === "++" || sign === "--") {
            this.at++;
            this.fits(target.type, "number", `${sign} changes`, line);
            return {
                kind: "assign",
                line,
                target,
                sign: sign === "++" ? "+=" : "-=",
                value: {kind: "number", type: "number", text: "1"},
            };
        }
        if (target.kind !== "call") this.fail("this line does nothing", line);
        return {kind: "call", line, value: target};
    }
    fits(type, wanted, what, line) {
        if (type !== wanted && !(type === "null" && wanted === "block"))
            this.fail(`${what} ${TYPE_WORDS[wanted]}, and this is ${TYPE_WORDS[type]}`, line);
    }
    expression() {
        const {line} = this.token,
            condition = this.binary(0);
        if (!this.accept("?")) return condition;
        const yes = this.expression();
        this.expect(":");
        const no = this.expression(),
            type = yes.type === "null" ? no.type : yes.type;
        this.fits(no.type, type, "both sides of ? : are", line);
        return {kind: "choice", line, type, condition, yes, no};
    }
    binary(level) {
        if (level === LEVELS.length) return this.unary();
        let left = this.binary(level + 1);
        while (LEVELS[level].includes(this.token.text)) {
            const {text: sign, line} = this.tokens[this.at++],
                right = this.binary(level + 1);
            const logical = level < 2,
                equality = level === 4;
            if (equality)
                this.fits(
                    right.type === "null" ? (left.type === "null" ? "block" : left.type) : right.type,
                    left.type === "null" ? "block" : left.type,
                    "both sides are",
                    line,
                );
            else if (!logical) {
                const wanted = level === 5 && left.type === "block" ? "block" : "number"; // by address
                for (const side of [left, right]) this.fits(side.type, wanted, `${sign} works on`, line);
            }
            left = {
                kind: "binary",
                type: logical || equality || level === 5 ? "bool" : "number",
                sign,
                left,
                right,
            };
        }
        return left;
    }
    unary() {
        const {line} = this.token;
        if (this.accept("!")) return {kind: "not", type: "bool", value: this.unary()};
        if (this.is("-")) this.fail("there are no negative numbers: sizes in C have none", line);
        return this.postfix();
    }
    postfix() {
        let value = this.primary();
        for (;;) {
            const {line} = this.token;
            if (this.accept(".")) {
                const member = this.name(),
                    members = {block: BLOCK_MEMBERS, set: SET_MEMBERS}[value.type];
                if (!members || !members[member])
                    this.fail(`${TYPE_WORDS[value.type]} has no ${member}`, line);
                value = {kind: "member", line, type: members[member], of: value, member};
            } else if (this.accept("[")) {
                if (value.type !== "roots") this.fail("only set.root has numbered places", line);
                const index = this.expression();
                this.fits(index.type, "number", "the number of a list is", line);
                this.expect("]");
                value = {kind: "root", line, type: "block", of: value.of, index};
            } else return value;
        }
    }
    primary() {
        const {kind, text, line} = this.token;
        if (this.accept("(")) {
            const inside = this.expression();
            this.expect(")");
            return {kind: "parens", type: inside.type, value: inside};
        }
        this.at++;
        if (kind === "number") return {kind: "number", type: "number", text: String(Number(text))};
        if (text === "null") return {kind: "null", type: "null"};
        if (text === "true" || text === "false") return {kind: "bool", type: "bool", text};
        if (kind !== "word") this.fail(`expected a value, not "${text}"`, line);
        if (!this.is("(")) return {kind: "name", type: this.find(text, line), text};
        return this.call(text, line);
    }
    call(name, line) {
        const own = this.functions.get(name),
            known = own ? [own.parameters.map(([, type]) => type), own.result] : BUILT_IN[name];
        if (!known) this.fail(`there is no function ${name} above this line`, line);
        this.expect("(");
        const values = [];
        while (!this.accept(")")) {
            values.push(this.expression());
            if (!this.is(")")) this.expect(",");
        }
        if (values.length !== known[0].length)
            this.fail(`${name} takes ${known[0].length} values, not ${values.length}`, line);
        values.forEach((value, index) =>
            this.fits(value.type, known[0][index], `${name}'s value ${index + 1} is`, line),
        );
        return {kind: "call", line, type: known[1], name, values};
    }
}
