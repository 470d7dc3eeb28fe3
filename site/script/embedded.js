// embedded.js - a page of a heap within another page: it shows the heap alone, and says how high it is.
"use strict";

if (self !== top) {
    document.documentElement.classList.add("embedded", self.name);
    addEventListener("DOMContentLoaded", () => {
        const tell = () => parent.postMessage({height: Math.ceil(document.body.getBoundingClientRect().height) + 2}, "*");
        new ResizeObserver(tell).observe(document.body);
        tell();
    });
}
const style = document.createElement("style");
style.textContent = `
.site-bar { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding-bottom: .6rem; font-size: .95rem }
.site-bar a { color: inherit }
.embedded, .embedded body { overflow-x: hidden }
.embedded body { padding: 0; max-width: none; min-height: 0; background: transparent }
:is(.heap, .scores).embedded :is(.site-bar, body > header, body > footer, main > details) { display: none }
:is(.heap, .scores).embedded .columns > section { display: none }
.scores.embedded .columns { display: block }
.scores.embedded #scores { display: block !important }
.scores.embedded #scores dl { display: none }
`;
document.head.append(style);
