// By hand: 577 product by product, nine weights to type, and pooling of sixteen numbers.

import { paintLevels, paintValues } from "./canvas.js";
import { cellsOf, grayOf, redBlue } from "./cells.js";
import { action, choice, make } from "./elements.js";
import {
  HORIZONTAL,
  PATCH,
  VERTICAL,
  WORKED,
  correlate,
  cutOff,
  drawnLines,
  meanResponse,
  poolBlocks,
  productsOf,
  rowsOf,
  typedNumber,
  windowOf,
} from "./lesson.js";
import { plainly, written } from "./numbers.js";
import { makeView } from "./view.js";

const VIEW = 196; // pixels
const STRONGEST = 4 * 255; // the most that the two line filters can give
const grayLevel = (level) => grayOf(level / 255);

// The section "By hand".
export function byHand(app) {
  return make("div", {}, workedExample(), ownFilter(app), poolingByHand());
}

// The filter at each of the four places where it fits on sixteen pixels.
function workedExample() {
  const products = make("div", { class: "live-row live-products" });
  const sum = make("p", { class: "live-sum", "aria-live": "polite" });
  const everywhere = correlate(PATCH, WORKED);
  const places = [];
  const show = (row, column) => {
    const found = productsOf(windowOf(PATCH, row, column, 3), WORKED);
    sum.textContent = `${termsOf(found.products.flat())} = ${plainly(found.sum)}`;
    products.replaceChildren(
      patchWithWindow(row, column),
      make("span", { class: "live-sign" }, "×"),
      cellsOf("filter", WORKED.flat(), redBlue(WORKED.flat()), plainly),
      make("span", { class: "live-sign" }, "="),
      cellsOf("products", found.products.flat(), redBlue(found.products.flat()), plainly),
    );
    for (const { button, at } of places) button.setAttribute("aria-pressed", String(at === `${row} ${column}`));
  };
  const cells = everywhere.map((values, row) =>
    values.map((value, column) => {
      const name = `${plainly(value)}: window at row ${row}, column ${column}`;
      const button = action(plainly(value), () => show(row, column), { "aria-label": name });
      places.push({ button, at: `${row} ${column}` });
      return make("td", {}, button);
    }),
  );
  const rows = cells.map((row) => make("tr", {}, row));
  const caption = make("caption", {}, "all four places: press one");
  const table = make("table", { class: "live-places" }, caption, make("tbody", {}, rows));
  show(0, 0);
  const { largest } = poolBlocks(everywhere)[0][0];
  const end = `The largest of the four is ${plainly(largest)}: sixteen numbers, then four, then one.`;
  return make("div", {}, make("h3", {}, "Sixteen pixels, one filter"), products, sum, table, make("p", {}, end));
}

// Products as a sum: "0 + 0 − 256 + 24".
function termsOf(products) {
  return products
    .map((product, place) => {
      const sign = place ? (product < 0 ? " − " : " + ") : product < 0 ? "−" : "";
      return sign + plainly(Math.abs(product));
    })
    .join("");
}

function patchWithWindow(row, column) {
  const table = cellsOf("picture", PATCH.flat(), grayLevel, plainly);
  [...table.querySelectorAll("td")].forEach((cell, place) => {
    const [down, right] = [Math.floor(place / 4) - row, (place % 4) - column];
    cell.classList.toggle("live-inside", down >= 0 && down < 3 && right >= 0 && right < 3);
  });
  return table;
}

// Nine weights to type, and a picture through them, then through ReLU and pooling.
function ownFilter(app) {
  const now = { weights: VERTICAL, source: "garment" };
  const titles = [["picture", 28], ["response", 26], ["after ReLU", 26], ["pooled", 13]];
  const views = titles.map(([title, side]) => makeView(title, { height: side, width: side }, VIEW));
  const said = make("p", { role: "status" });
  const show = () => {
    const rows = now.source === "garment" ? rowsOf(app.store.get().picture.levels) : drawnLines(now.source);
    const response = correlate(rows, now.weights);
    const [kept, limit] = [cutOff(response), limitOf(now.weights, response)];
    const pooled = poolBlocks(kept).map((row) => row.map((block) => block.largest));
    paintLevels(views[0].canvas, rows.flat());
    [response, kept, pooled].forEach((map, place) => paintValues(views[place + 1].canvas, map.flat(), limit));
    const mean = written(meanResponse(response), 1);
    said.replaceChildren(`Mean size of the response: ${mean}; full colour is ±${plainly(limit)}.`);
  };
  const typed = weightsEditor(now, show);
  const set = (weights) => {
    now.weights = weights;
    typed.fill(weights);
    show();
  };
  const sources = [["garment", "the picture above"], ["vertical", "upright lines"], ["horizontal", "flat lines"]];
  const choose = (source) => {
    now.source = source;
    show();
  };
  app.store.watch(["picture"], show);
  set(VERTICAL);
  return make(
    "div",
    {},
    make("h3", {}, "Nine weights: the vertical filter, the horizontal one, or your own"),
    make(
      "div",
      { class: "live-row" },
      choice("Picture", sources, now.source, choose),
      action("vertical filter", () => set(VERTICAL)),
      action("horizontal filter", () => set(HORIZONTAL)),
      action("577's filter", () => set(WORKED)),
    ),
    make("div", { class: "live-row" }, typed.element, views.map((view) => view.element)),
    said,
  );
}

// The two line filters have one scale, so that one can go to and fro between them.
function limitOf(weights, response) {
  if (weights === VERTICAL || weights === HORIZONTAL) return STRONGEST;
  return Math.max(...response.flat().map(Math.abs)) || 1;
}

function weightsEditor(now, show) {
  const inputs = Array.from({ length: 9 }, (_, place) => {
    const name = `weight in row ${Math.floor(place / 3)}, column ${place % 3}`;
    return make("input", { size: 4, maxlength: 8, "aria-label": name, oninput: () => read() });
  });
  const read = () => {
    const numbers = inputs.map((input) => typedNumber(input.value));
    inputs.forEach((input, place) => input.setAttribute("aria-invalid", String(numbers[place] === null)));
    if (numbers.includes(null)) return;
    now.weights = [0, 3, 6].map((start) => numbers.slice(start, start + 3));
    show();
  };
  const element = make("div", { class: "live-weights", role: "group", "aria-label": "nine weights" }, inputs);
  const fill = (weights) => {
    weights.flat().forEach((weight, place) => {
      inputs[place].value = plainly(weight);
      inputs[place].setAttribute("aria-invalid", "false");
    });
  };
  return { element, fill };
}

// Of each block of sixteen numbers the largest, or the mean.
function poolingByHand() {
  const box = make("div", { class: "live-row live-products" });
  const show = (way) => {
    const blocks = poolBlocks(PATCH).flat();
    const squares = blocks.map((block, number) => {
      const ringed = way === "largest" ? block.winner : -1;
      return cellsOf(`block ${number + 1}`, block.values, grayLevel, plainly, { ringed });
    });
    const left = blocks.map((block) => block[way]);
    box.replaceChildren(
      make("div", { class: "live-blocks" }, squares),
      make("span", { class: "live-sign" }, "→"),
      cellsOf(`the ${way} of each`, left, grayLevel, plainly),
    );
  };
  const ways = [["largest", "the largest stays (max pooling)"], ["mean", "the mean stays (average pooling)"]];
  show("largest");
  const choose = choice("Of each block", ways, "largest", show);
  return make("div", {}, make("h3", {}, "Pooling: of sixteen numbers four"), choose, box);
}
