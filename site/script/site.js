// site.js - pictures come alive when they come into view, each in a frame; "/" goes to the search.
"use strict";

function enliven(place) {
    const frame = document.createElement("iframe");
    frame.src = place.dataset.live;
    frame.title = place.dataset.title;
    frame.name = place.dataset.name || "map";
    frame.allow = "clipboard-write";
    place.classList.add("waiting");
    place.prepend(frame);
}

const seen = new IntersectionObserver(
    entries => {
        for (const {isIntersecting, target} of entries)
            if (isIntersecting) {
                seen.unobserve(target);
                enliven(target);
            }
    },
    {rootMargin: "300px"},
);
for (const place of document.querySelectorAll("[data-live]")) seen.observe(place);

// A frame that is ready says how high it is (embedded.js): so it needs no scroll bar of its own. Until then, and where
// it never is, the still picture stays.
addEventListener("message", ({source, data}) => {
    if (!data || typeof data.height !== "number") return;
    for (const frame of document.querySelectorAll("iframe"))
        if (frame.contentWindow === source) {
            frame.parentElement.classList.replace("waiting", "alive");
            frame.style.height = `${Math.min(Math.max(data.height, 200), 4000)}px`;
        }
});

// The list at the side is open where there is room for it.
const wide = matchMedia("(min-width: 1000px)");
function openSide() {
    for (const list of document.querySelectorAll(".side details")) list.open = wide.matches;
}
wide.addEventListener("change", openSide);
openSide();

addEventListener("keydown", event => {
    if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.matches("input, textarea, select")) return;
    event.preventDefault();
    (document.querySelector("#words") || document.querySelector("header input")).focus();
});
document.documentElement.dataset.ready = "yes";
