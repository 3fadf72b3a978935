// The arithmetic of one number, written out: products, sum, bias, activation and pooling.

import { cellsOf, grayOf, redBlue, upTo } from "./cells.js";
import { make, tableOf } from "./elements.js";
import { WORDS } from "./layers.js";
import { counted, digitsThatAddUp, written } from "./numbers.js";
import { kernelLimit } from "./portraits.js";

const DIGITS = 3;
const HELD = "Held: click another place, or press Escape to let go.";
const FREE = "Point at a map, or use the arrow keys; a click or Enter holds the place.";
const TAP = "Tap another place on a map.";
const number = (value) => written(value, DIGITS);

// A place for the arithmetic: `show(network, at, place, found)` fills it, `found` being what `workings` gave.
export function sumsBox() {
  const [title, steps] = [make("h3", { "aria-live": "polite" }), make("div", { class: "live-steps" })];
  const note = make("p", { class: "live-note" });
  return {
    element: make("div", { class: "live-sums" }, title, note, steps),
    show(network, at, { filter, row, column, held }, found) {
      const layer = network.layers[at];
      const place = `filter ${filter}, row ${row}, column ${column} (both from 0)`;
      title.textContent = `How ${number(found.value)} comes about in ${layer.name}: ${place}`;
      note.textContent = matchMedia("(hover: none)").matches ? TAP : held ? HELD : FREE;
      steps.replaceChildren(
        productsShown(network, at, found),
        ...(at > 0 ? [slicesShown(network, at, found)] : []),
        stepsShown(layer, found),
        poolingShown(network, at, found),
      );
    },
  };
}

// The window of the heaviest map, times its part of the kernel, product by product.
function productsShown(network, at, { slices, corner, beyond }) {
  const [{ channel, window, kernel, products, sum }] = slices;
  const [form, pixels] = [{ width: corner.width }, network.front.length ? "picture, as it reads it" : "picture, 0 to 1"];
  const from = at === 0 ? pixels : `${network.layers[at - 1].name}, map ${channel}`;
  const gray = at === 0 && !network.front.length ? grayOf : redBlue(window);
  return make(
    "div",
    { class: "live-row live-products" },
    cellsOf(from, window, gray, (value) => written(value, 2), form),
    make("span", { class: "live-sign" }, "×"),
    cellsOf("kernel", kernel, upTo(kernelLimit(network.layers[at])), (value) => written(value, 2), form),
    make("span", { class: "live-sign" }, "="),
    cellsOf("products", products, redBlue(products), number, form),
    make("span", { class: "live-sign" }, "→"),
    make("p", {}, `together ${number(sum)}`, beyond ? ". Beyond the border stand zeros." : ""),
  );
}

function slicesShown(network, at, { slices, others }) {
  const before = network.layers[at - 1].name;
  const cells = slices[0].window.length;
  const rows = slices.map(({ channel, sum }) => [`map ${channel} of ${before}`, number(sum)]);
  if (others.count) rows.push([`${others.count} others together`, number(others.sum)]);
  return tableOf("The maps that weigh most here", ["map", `sum of its ${cells} products`], rows);
}

function stepsShown({ size, from, then, activation = "relu" }, { sum, bias, linear, value, read }) {
  const relu = linear > 0 ? "ReLU keeps it" : "ReLU makes it 0";
  const digits = digitsThatAddUp([sum, bias], linear);
  const number = (one) => written(one, digits);
  const steps = [
    [`sum of all ${counted(size[0] * size[1] * from.channels)} products`, number(sum)],
    ["bias", number(bias)],
    ["sum + bias", number(linear)],
    [activation === "relu" ? relu : `after ${WORDS[activation]}`, number(value)],
    ...(then.length ? [["what the next layer reads of it", number(read)]] : []),
  ];
  return tableOf("From the products to the number", ["step", "number"], steps);
}

function poolingShown(network, at, { block }) {
  const pooling = network.layers[at + 1];
  if (pooling?.kind !== "pool") return make("p", {}, "No pooling follows this layer.");
  if (!block) {
    const { size, name } = pooling;
    const why = `the last row or column fills no block of ${size[0]} × ${size[1]}`;
    return make("p", {}, `${name} leaves this place out: ${why}.`);
  }
  const { way, values, winner, result, row, column, width } = block;
  const keeps = way === "max" ? "keeps the largest" : "takes the mean";
  return make(
    "div",
    { class: "live-row live-products" },
    cellsOf("its block", values, redBlue(values), number, { ringed: way === "max" ? winner : -1, width }),
    make("span", { class: "live-sign" }, "→"),
    make("p", {}, `${pooling.name} ${keeps}: ${number(result)}, at row ${row}, column ${column}`),
  );
}
