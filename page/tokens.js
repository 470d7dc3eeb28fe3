// tokens.js - a policy's text as words, numbers and signs, each with its line; and what is thrown at a line.
"use strict";

class LanguageError extends Error {
    constructor(line, what) {
        super(`line ${line}: ${what}`);
    }
}

const WORDS_OF_C = new Set(
    "auto bool case char default do double else enum extern float goto if inline int long NULL register restrict short signed sizeof static struct switch typedef union unsigned void volatile main".split(
        " ",
    ),
);

function tokensOf(source) {
    const tokens = [],
        pattern =
            /(\s+)|(\/\/[^\n]*)|([A-Za-z_]\w*)|(\d+)|(===|!==|==|!=|<=|>=|<<|>>|&&|\|\||\+\+|--|\+=|-=|&=|\|=|[-+*%<>=!&|(){}[\];,.?:])/y;
    let line = 1;
    while (pattern.lastIndex < source.length) {
        const from = pattern.lastIndex,
            match = pattern.exec(source);
        if (!match) throw new LanguageError(line, `"${source[from]}" is not known here`);
        if (match[3] || match[4] || match[5])
            tokens.push({kind: match[3] ? "word" : match[4] ? "number" : "sign", text: match[0], line});
        else if (match[2]) tokens.push({kind: "comment", text: match[0].slice(2).trim(), line});
        line += (match[0].match(/\n/g) || []).length;
    }
    return tokens;
}
