// race.js - sorts the tables of the race, and divides by another allocator.
"use strict";

const base = document.querySelector("#base"),
    kind = document.querySelector("#kind");
const cells = row => [...row.cells].slice(1);
const valueOf = cell => Number(cell.dataset.value) || NaN;

function ratios(table) {
    const by = [...table.tHead.rows[0].cells].findIndex(cell => cell.textContent === base.value) - 1;
    for (const row of table.tBodies[0].rows) {
        const values = cells(row).map(valueOf),
            one = base.value ? values[by] : Math.min(...values.filter(Number.isFinite));
        row.hidden = Boolean(kind.value) && row.dataset.kind !== kind.value;
        cells(row).forEach((cell, at) => {
            const ratio = values[at] / one;
            cell.dataset.ratio = Number.isFinite(ratio) ? ratio : "";
            cell.style.setProperty("--far", Math.max(0, Math.min(1, (ratio - 1) / 2)) || 0);
            if (cell.querySelector("b")) cell.querySelector("b").textContent = Number.isFinite(ratio) ? ratio.toFixed(2) : "–";
        });
    }
}

function sort(table, column) {
    const heads = [...table.tHead.rows[0].cells],
        up = heads[column].getAttribute("aria-sort") !== "ascending";
    heads.forEach((head, at) =>
        head.setAttribute("aria-sort", at !== column ? "none" : up ? "ascending" : "descending"),
    );
    const rows = [...table.tBodies[0].rows];
    rows.sort((one, other) => {
        if (!column)
            return (up ? 1 : -1) * one.cells[0].textContent.localeCompare(other.cells[0].textContent, "en");
        const [left, right] = [one, other].map(row => row.cells[column].dataset.ratio);
        if (!left || !right) return (left ? 0 : 1) - (right ? 0 : 1); // what failed comes last
        return (up ? 1 : -1) * (left - right);
    });
    table.tBodies[0].append(...rows);
}

function change() {
    for (const table of document.querySelectorAll("table.race")) ratios(table);
}

for (const table of document.querySelectorAll("table.race"))
    [...table.tHead.rows[0].cells].forEach((head, column) =>
        head.querySelector("button").addEventListener("click", () => sort(table, column)),
    );
document.querySelector("form.race").hidden = false;
base.addEventListener("change", change);
kind.addEventListener("change", change);
change();
