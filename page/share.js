// share.js - the state of the page in the address behind #, so a link shows what its sender saw.
//
//      #question=7   #question=1-10, a set   #chapter=4     for people to write
//      #eyJwIjpb...                                         anything else: JSON in base64
"use strict";

function encodeState(state) {
    const names = Object.keys(state).join();
    if (names === "q") return `question=${state.q}`;
    if (names === "q,n") return `question=${state.q}-${state.n}`;
    if (names === "c") return `chapter=${state.c}`;
    return btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(state))))
        .replace(/\+/g, "-")
        .replace(/\//g, "_")
        .replace(/=+$/, "");
}

// The state of a fragment; null where there is none, or where it is damaged.
function decodeState(fragment) {
    const plain = /^#?(question|chapter)=(\d{1,9})(?:-(\d{1,9}))?$/.exec(fragment);
    if (plain && plain[1] === "chapter") return {c: Number(plain[2])};
    if (plain) return {q: Number(plain[2]), ...(plain[3] ? {n: Number(plain[3])} : {})};
    try {
        const bytes = atob(fragment.replace(/^#/, "").replace(/-/g, "+").replace(/_/g, "/"));
        return bytes
            ? JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, letter => letter.charCodeAt(0))))
            : null;
    } catch {
        return null;
    }
}
