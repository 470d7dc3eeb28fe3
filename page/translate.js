// translate.js - a policy's tree (language.js) as JavaScript, which counts its steps and says which line runs; and as C,
// for `halloc lab check`.
"use strict";

const C_TYPES = {
    block: "MemoryBlock *",
    number: "size_t ",
    bool: "bool ",
    nothing: "void ",
    set: "halloc_free_set *",
};

class Writer {
    constructor(program, inC) {
        Object.assign(this, {program, inC, lines: [], depth: 0});
    }
    value(node) {
        const {inC} = this;
        switch (node.kind) {
            case "number":
            case "bool":
                return node.text;
            case "name":
                return node.text;
            case "null":
                return inC ? "NULL" : "null";
            case "parens":
                return `(${this.value(node.value)})`;
            case "not":
                return `!${this.value(node.value)}`;
            case "member":
                return `${this.value(node.of)}${inC ? "->" : "."}${node.member}`;
            case "root":
                return `${this.value(node.of)}${inC ? "->" : "."}root[${this.value(node.index)}]`;
            case "choice":
                return `${this.value(node.condition)} ? ${this.value(node.yes)} : ${this.value(node.no)}`;
            case "call":
                return `${inC ? (BUILT_IN[node.name] ? BUILT_IN[node.name][2] : `mine_${node.name}`) : node.name}(${node.values.map(value => this.value(value)).join(", ")})`;
            default: {
                const careful = !inC && CAREFUL[node.sign];
                if (careful) return `${careful}(${this.value(node.left)}, ${this.value(node.right)})`;
                const sign = inC ? node.sign.replace(/^([=!])==$/, "$1=") : node.sign;
                return `${this.side(node.left, node.sign)} ${sign} ${this.side(node.right, node.sign)}`;
            }
        }
    }
    side(node, sign) {
        // C's compilers want parentheses where && stands in ||, or + in <<
        const text = this.value(node);
        return node.kind === "binary" &&
            node.sign !== sign &&
            (["||", "|", "&", "<<", ">>"].includes(sign) || node.sign === "&&")
            ? `(${text})`
            : text;
    }
    put(text) {
        this.lines.push("    ".repeat(this.depth) + text);
    }
    at(line) {
        return this.inC ? "" : `at(${line}), `;
    }
    inside(statements) {
        this.depth++;
        statements.forEach(statement => this.statement(statement));
        this.depth--;
    }
    simple(node) {
        if (!node) return "";
        if (node.kind === "let")
            return `${this.inC ? C_TYPES[node.type] : "let "}${node.name} = ${this.value(node.value)}`;
        if (node.kind === "assign" && node.sign === "-=" && !this.inC)
            return `${this.value(node.target)} = minus(${this.value(node.target)}, ${this.value(node.value)})`;
        if (node.kind === "assign")
            return `${this.value(node.target)} ${node.sign} ${this.value(node.value)}`;
        return this.value(node.value);
    }
    statement(node) {
        if (!this.inC) this.put(`at(${node.line});`);
        switch (node.kind) {
            case "block":
                this.put("{");
                this.inside(node.body);
                this.put("}");
                break;
            case "if":
                this.put(`if (${this.value(node.condition)}) {`);
                this.inside(node.then);
                if (node.otherwise) {
                    this.put("} else {");
                    this.inside(node.otherwise);
                }
                this.put("}");
                break;
            case "while":
                this.put(`while (${this.at(node.line)}${this.value(node.condition)}) {`);
                this.inside(node.body);
                this.put("}");
                break;
            case "for":
                this.put(
                    `for (${this.simple(node.first)}; ${this.at(node.line)}${node.condition ? this.value(node.condition) : this.inC ? "" : "true"}; ${this.simple(node.last)}) {`,
                );
                this.inside(node.body);
                this.put("}");
                break;
            case "return":
                this.put(node.value ? `return ${this.value(node.value)};` : "return;");
                break;
            case "break":
            case "continue":
                this.put(`${node.kind};`);
                break;
            default:
                this.put(`${this.simple(node)};`);
        }
    }
    parameters(made) {
        if (!this.inC) return made.parameters.map(([name]) => name).join(", ");
        const looks = made.name === "find"; // find may not change the set
        return made.parameters
            .map(([name, type]) => `${type === "set" && looks ? "const " : ""}${C_TYPES[type]}${name}`)
            .join(", ");
    }
}

function javascriptOf(program) {
    const writer = new Writer(program, false);
    for (const [name, {value}] of program.constants) writer.put(`const ${name} = ${value};`);
    for (const made of program.functions.values()) {
        writer.put(`function ${made.name}(${writer.parameters(made)}) {`);
        writer.inside(made.body);
        writer.put("}");
    }
    return writer.lines.join("\n");
}

function cOf(program) {
    const writer = new Writer(program, true),
        {functions, constants} = program;
    const unused = made =>
        made.parameters.filter(([name]) => !JSON.stringify(made.body).includes(`"text":"${name}"`));
    [
        "/* Written in Halloc's playground. Try it: halloc lab check mine.c */",
        '#include "halloc.h"',
        "",
    ].forEach(line => writer.put(line));
    for (const [name, {value}] of constants) writer.put(`#define ${name} ((size_t)${value})`);
    if (JSON.stringify([...functions.values()]).includes('"floorLog2"'))
        [
            "static size_t floor_log2(size_t n) {",
            "    return n ? 63 - (size_t)__builtin_clzl(n) : 0;",
            "}",
            "",
        ].forEach(line => writer.put(line));
    for (const made of functions.values()) {
        const helper = !HOOKS[made.name];
        writer.put(
            `static ${C_TYPES[made.result]}mine_${made.name}(${writer.parameters(made)}) {`
                .replace(
                    "halloc_free_set *set",
                    helper && made.result !== "nothing"
                        ? "const halloc_free_set *set"
                        : "halloc_free_set *set",
                )
                .replace("const const", "const"),
        );
        unused(made).forEach(([name]) => writer.put(`    (void)${name};`));
        writer.inside(made.body);
        writer.put("}");
        writer.put("");
    }
    writer.put("const halloc_policy halloc_user_policy = {");
    for (const line of [
        '.name = "mine",',
        '.summary = "a policy from the playground",',
        ...Object.keys(HOOKS)
            .filter(hook => functions.has(hook))
            .map(hook => `.${hook} = mine_${hook},`),
    ])
        writer.put(`    ${line}`);
    writer.put("};");
    return `${writer.lines.join("\n")}\n`;
}
