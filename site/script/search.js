// search.js - finds sections by their words. The index is made here, from script/search-text.js, which is a script and
// no request, so that the search works from a folder too.
"use strict";

const words = document.querySelector("#words"),
    results = document.querySelector("#results"),
    MOST = 40;
let index;

// A chapter explains what a decision or a file only mentions.
const weight = place => (/^docs\/[0-9]/.test(place) ? 4 : /\.[chy]+\.html|^(CHANGELOG|docs\/(answers|decisions))/.test(place) ? 1 : 2);

function build() {
    return lunr(function () {
        this.ref("number");
        this.field("page", {boost: 6});
        this.field("head", {boost: 8});
        this.field("text");
        this.metadataWhitelist = ["position"];
        SECTIONS.forEach((section, number) => this.add({number, ...section}, {boost: weight(section.at)}));
    });
}

// Whole words first, then words that begin so; a longer word may have a slip or two in it.
function find(text) {
    const terms = text.toLowerCase().split(/[^\p{L}\p{N}_]+/u).filter(Boolean);
    if (!terms.length) return [];
    return index.query(query => {
        for (const term of terms) {
            query.term(lunr.tokenizer(term), {boost: 20});
            query.term(term, {boost: 5, usePipeline: false, wildcard: lunr.Query.wildcard.TRAILING});
            if (term.length > 4) query.term(term, {usePipeline: false, editDistance: term.length > 6 ? 2 : 1});
        }
    });
}

function excerpt(section, found) {
    const places = Object.values(found.matchData.metadata)
        .flatMap(one => (one.text ? one.text.position : []))
        .sort((one, other) => one[0] - other[0]);
    const from = places.length ? Math.max(0, places[0][0] - 60) : 0,
        shown = document.createElement("p"),
        text = section.text;
    let at = from && text.indexOf(" ", from) + 1;
    const until = text.length > at + 220 ? text.lastIndexOf(" ", at + 220) : text.length; // a whole word
    if (at) shown.append("… ");
    for (const [start, length] of places) {
        if (start < at || start + length > until) continue;
        const mark = document.createElement("mark");
        mark.textContent = text.slice(start, start + length);
        shown.append(text.slice(at, start), mark);
        at = start + length;
    }
    shown.append(text.slice(at, until), until < text.length ? " …" : "");
    return shown;
}

function show() {
    const text = words.value.trim(),
        found = find(text);
    results.replaceChildren(
        ...found.slice(0, MOST).map(one => {
            const section = SECTIONS[one.ref],
                item = document.createElement("li"),
                link = document.createElement("a");
            link.href = section.at;
            link.textContent = section.head ? `${section.page}: ${section.head}` : section.page;
            item.append(link, excerpt(section, one));
            return item;
        }),
    );
    document.querySelector("#found").textContent = !text
        ? ""
        : found.length === 1 ? "1 section" : `${found.length} sections${found.length > MOST ? `, the best ${MOST}` : ""}`;
    document.querySelector("#pages").hidden = Boolean(text);
}

index = build();
document.querySelector("#search").hidden = false;
document.querySelector("#search").addEventListener("submit", event => event.preventDefault());
words.value = new URLSearchParams(location.search).get("q") || "";
words.addEventListener("input", show);
words.focus();
show();
