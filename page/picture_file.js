// A script's moving picture on standard output: node picture_file.js BUILD/halloc.html SCRIPT.txt > heap.svg
//
// docs/figures/heap.svg is twenty.txt's. The button "Save as a moving picture" makes the same bytes in the page.
"use strict";
const fs = require("fs"),
    path = require("path"),
    vm = require("vm"),
    zlib = require("zlib");

const [page, script] = process.argv.slice(2).map(name => fs.readFileSync(name, "utf8"));
const data = id => page.split(`id="${id}">`)[1].split("</script>")[0];
Object.assign(globalThis, {MARKS: JSON.parse(data("marks")), own: {source: ""}, SOURCES: JSON.parse(data("sources"))});
for (const part of ["heap", "calls", "score", "story", "draw", "panel", "program", "picture"])
    vm.runInThisContext(fs.readFileSync(path.join(__dirname, `${part}.js`), "utf8"), `${part}.js`);
const make = vm.runInThisContext(
    `(bytes, text) => movingPicture(new WebAssembly.Module(bytes), POLICIES.indexOf("first"), callsOfScript(text))`,
);
process.stdout.write(make(zlib.gunzipSync(Buffer.from(data("engine"), "base64")), script));
