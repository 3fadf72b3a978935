// Numbers in coloured cells: windows, kernels, products and blocks, each a small table.

import { asHex, colourOf, inkOn } from "./colours.js";
import { make } from "./elements.js";
import { rowsOf } from "./lesson.js";

const SMALLEST = 5; // cells a side; in more there is no room for numbers

// Numbers with a title: `values` row by row, `width` of them in a row (as many as rows, if it isn't given), `colour`
// a value's [red, green, blue], `text` how it is written. `ringed` is the place of one that is circled.
export function cellsOf(title, values, colour, text, { ringed = -1, width = Math.sqrt(values.length) } = {}) {
  const side = Math.max(width, values.length / width);
  const rows = Array.from({ length: values.length / width }, (_, row) =>
    make(
      "tr",
      {},
      values.slice(row * width, (row + 1) * width).map((value, column) => {
        const place = row * width + column;
        const kind = place === ringed ? "live-ringed" : null;
        const told = side > SMALLEST ? { title: text(value) } : {};
        return cellOf(side > SMALLEST ? "" : text(value), colour(value), { class: kind, ...told });
      }),
    ),
  );
  return make("table", { class: "live-cells" }, make("caption", {}, title), make("tbody", {}, rows));
}

// The gray levels of a picture, 28 rows of 28.
export function levelsTable(levels) {
  const rows = rowsOf(levels).map((row) => make("tr", {}, row.map((level) => cellOf(level, [level, level, level]))));
  return make("table", { class: "live-levels" }, make("tbody", {}, rows));
}

function cellOf(text, shade, attributes = {}) {
  const cell = make("td", attributes, String(text));
  cell.style.backgroundColor = asHex(shade);
  cell.style.color = inkOn(shade);
  return cell;
}

// The colour of products and values, the largest of them in full colour.
export function redBlue(values) {
  return upTo(Math.max(...values.map(Math.abs)) || 1);
}

// The colour of weights and values; a limit, and what is beyond it, in full colour.
export function upTo(limit) {
  return (value) => colourOf(value, limit);
}

// The colour of pixels from 0 to 1.
export function grayOf(value) {
  const level = Math.round(255 * value);
  return [level, level, level];
}
