// deck.js - keys turn the slides. Without it they stand one below the other, and scroll.
"use strict";

const slides = [...document.querySelectorAll(".slide")];

function now() {
    const middle = innerHeight / 2;
    return Math.max(0, slides.findIndex(slide => slide.getBoundingClientRect().bottom > middle));
}

function show(number) {
    const at = Math.max(0, Math.min(number, slides.length - 1));
    slides[at].scrollIntoView({block: "start"});
    history.replaceState(null, "", `#${slides[at].id}`);
}

// Up and down scroll within a slide that is higher than the window, as on a phone.
const fits = () => slides[now()].offsetHeight <= innerHeight + 2;

addEventListener("keydown", event => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const keys = {
        ArrowRight: () => show(now() + 1), ArrowLeft: () => show(now() - 1),
        PageDown: () => show(now() + 1), PageUp: () => show(now() - 1),
        Home: () => show(0), End: () => show(slides.length - 1),
        f: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
    };
    if (fits()) Object.assign(keys, {ArrowDown: keys.ArrowRight, ArrowUp: keys.ArrowLeft});
    if (!event.target.matches("a, button")) keys[" "] = () => show(now() + (event.shiftKey ? -1 : 1));
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
});

document.querySelector("#back").addEventListener("click", () => show(now() - 1));
document.querySelector("#on").addEventListener("click", () => show(now() + 1));
document.querySelector(".turn").hidden = false;
document.documentElement.dataset.ready = "yes";
