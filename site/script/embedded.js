// embedded.js - a page of a heap within another page: it shows the heap alone, and says how high it is.
"use strict";

if (self !== top) {
    document.documentElement.classList.add("embedded", self.name);
    const tell = () => {
        if (document.documentElement.dataset.ready !== "yes") return setTimeout(tell, 50);
        parent.postMessage({height: Math.ceil(document.body.getBoundingClientRect().height) + 2}, "*");
    };
    addEventListener("DOMContentLoaded", () => new ResizeObserver(tell).observe(document.body));
}
const style = document.createElement("style");
style.textContent = `
.site-bar { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding-bottom: .6rem; font-size: .95rem }
.site-bar a { color: inherit }
.embedded, .embedded body { overflow-x: hidden }
.embedded body { padding: 0; max-width: none; min-height: 0 }
.heap.embedded body { padding: .5rem } .map.embedded body { padding: .6rem .8rem } .map.embedded h1 { display: none }
:is(.heap, .scores).embedded :is(.site-bar, body > header, body > footer, main > details) { display: none }
:is(.heap, .scores).embedded .columns, .scores.embedded #act { display: none }
:is(.heap, .scores).embedded :is(main, #legend) { margin-bottom: 0 }
.scores.embedded .columns:has(#scores) { display: block } .scores.embedded .columns > section:not(#scores) { display: none }
.scores.embedded #scores dl { display: none }
`;
document.head.append(style);
