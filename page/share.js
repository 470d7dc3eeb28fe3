// share.js - the state of the page in the address behind #, so a link shows what its sender saw.
"use strict";

const encodeState = state =>
    btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(state))))
        .replace(/\+/g, "-")
        .replace(/\//g, "_")
        .replace(/=+$/, "");

// The state of a fragment; null where there is none, or where it is damaged.
function decodeState(fragment) {
    try {
        const bytes = atob(fragment.replace(/^#/, "").replace(/-/g, "+").replace(/_/g, "/"));
        return bytes
            ? JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, letter => letter.charCodeAt(0))))
            : null;
    } catch {
        return null;
    }
}
