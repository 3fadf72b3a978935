// Probabilities as bars.

import { make, shape } from "./elements.js";
import { inPercent } from "./numbers.js";
import { largestOf } from "./network.js";

const MOST_BARS = 20;

// What a network makes of a picture: a bar for each class, with its percentage.
//
// The answer is bold, the class that the picture's label names is marked; `label` is null where there is none.
export function barsOf(title, probabilities, classes, label) {
  const answer = largestOf(probabilities);
  const places = classesShown(probabilities, label);
  const rows = places.map((place) => {
    const [name, share] = [classes[place], probabilities[place]];
    const mark = place === label ? make("span", { class: "live-right" }, "(label)") : null;
    const bar = barIn("0 0 100 10", { width: Math.max(100 * share, 0.4), height: 10 });
    return make(
      "tr",
      { class: place === answer ? "live-answer" : null },
      make("th", { scope: "row" }, `${name} `, mark),
      make("td", {}, bar),
      make("td", {}, inPercent(share)),
    );
  });
  const left = classes.length - places.length;
  if (left) rows.push(make("tr", {}, make("th", { scope: "row" }, `${left} others`), make("td"), make("td")));
  return make("table", { class: "live-bars" }, make("caption", {}, title), make("tbody", {}, rows));
}

// Which classes have a bar: all, or of more than twenty the most probable and the label, in their order.
export function classesShown(probabilities, label) {
  const all = Array.from(probabilities, (_, place) => place);
  if (all.length <= MOST_BARS) return all;
  const order = [...all].sort((one, other) => probabilities[other] - probabilities[one] || one - other);
  const shown = new Set([...order.slice(0, MOST_BARS), label]);
  return all.filter((place) => shown.has(place));
}

// A bar: a rectangle in a box, which is as wide as there is room.
export function barIn(viewBox, rectangle) {
  const box = { class: "live-bar", viewBox, preserveAspectRatio: "none", "aria-hidden": true };
  return shape("svg", box, shape("rect", rectangle));
}
