// Sorts a table by the column whose head is chosen. The page can be read without it.

import { make } from "./elements.js";

const numberIn = (cell) => {
  const text = cell.textContent.replaceAll(",", "").replace("−", "-").trim();
  return text === "" || Number.isNaN(parseFloat(text)) ? null : parseFloat(text);
};

const compared = (a, b) => {
  const [x, y] = [numberIn(a), numberIn(b)];
  return x !== null && y !== null ? x - y : a.textContent.localeCompare(b.textContent);
};

const sortBy = (table, heads, column) => {
  const down = heads[column].getAttribute("aria-sort") !== "descending";
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((one, other) => compared(one.cells[column], other.cells[column]));
  body.append(...(down ? rows.reverse() : rows));
};

// Puts a button into every head of a table that can be sorted.
export function sortTables(document) {
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.append(make("button", { type: "button", onclick: () => sortBy(table, heads, column) }, ...head.childNodes));
    });
  }
}
