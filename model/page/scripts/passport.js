// A filter's passport: what the run has found out about it, in its own words, beside its maps of a garment.

import { barIn } from "./bars.js";
import { floatsOf } from "./bytes.js";
import { mapOf, paintValues, pictureOf } from "./canvas.js";
import { cellsOf, upTo } from "./cells.js";
import { nameOf } from "./chooser.js";
import { action, make, tableOf } from "./elements.js";
import { addressOfFocus, addressOfPassport } from "./focus.js";
import { cutOut } from "./gallery.js";
import { SIDE, channelOf, kernelOf, layerNamed } from "./network.js";
import { briefly, counted, inPercent, written } from "./numbers.js";
import { kernelLimit } from "./portraits.js";
import { makeView } from "./view.js";
import { seenBy } from "./workings.js";

const MAP = 132; // pixels
const GARMENT = 84; // 28 x 3
const SEEN = 40;

// The passport of one filter: `{element, network, at, passport, maps}`; `maps` holds what `mapsOfGarment` shows.
export function passportShown(app, network, layer, passport) {
  const at = layerNamed(network, layer);
  const measured = measuredOn(network, layer);
  const maps = make("div", { class: "live-row" });
  const id = addressOfPassport({ model: network.name, layer, filter: passport.index }, app.main).slice(1);
  const element = make(
    "div",
    { id, class: "live-passport", role: "group", "aria-label": `Passport of filter ${passport.index} of ${layer}` },
    make("h3", {}, `Filter ${passport.index} of ${layer}`, passport.rank === null ? "" : `, ranked ${passport.rank}`),
    make("p", { class: "live-words" }, passport.words),
    make("p", { class: "live-words" }, `${passport.worth} `, make("span", { class: "live-note" }, `(${measured})`)),
    make("div", { class: "live-row" }, kernelsShown(app, network, at, passport), maps),
    examplesShown(app, network, at, passport),
    selectivityShown(app, passport, measured),
    stepsFromHere(app, network, layer, passport),
  );
  const shown = { element, network, at, passport, maps };
  mapsOfGarment(app, shown);
  return shown;
}

// On how many pictures the worth of a layer's filters was measured.
export function measuredOn(network, layer) {
  return `measured: ${counted(network.passports[layer].num_test)} test pictures, ${network.which}`;
}

function kernelsShown(app, network, at, passport) {
  if (at > 0) return readsShown(app, network, at, passport);
  const [layer, limit] = [network.layers[0], kernelLimit(network.layers[0])];
  const kernel = kernelOf(layer, 0, passport.index);
  const { untrained } = network.passports[layer.name];
  const form = { width: layer.size[1] };
  const parts = [cellsOf("kernel", kernel, upTo(limit), (value) => written(value, 2), form)];
  if (untrained) {
    const before = kernelOf({ ...layer, weights: floatsOf(untrained) }, 0, passport.index);
    parts.push(figureOf("untrained", mapOf(before, limit, 60, layer.size[1]), "live-untrained"));
  }
  return make("div", { class: "live-row" }, parts);
}

function readsShown(app, network, at, passport) {
  const layer = network.layers[at];
  const reads = network.layers.slice(0, at).findLast((one) => one.kind === "conv").name;
  const limit = kernelLimit(layer);
  const rows = passport.reads.map(({ channel, share }) => [
    action(`filter ${channel} of ${reads}`, () => app.openPassport(network.name, reads, channel)),
    mapOf(kernelOf(layer, channel, passport.index), limit, 48, layer.size[1]),
    inPercent(share),
  ]);
  return tableOf("It reads most from", ["filter", "slice", "of its squared weights"], rows);
}

function figureOf(title, content, kind = "") {
  return make("figure", { class: `live-view ${kind}` }, make("figcaption", {}, title), content);
}

// Show in a passport the maps of the garment that is looked at.
export function mapsOfGarment(app, { network, at, passport, maps }) {
  const { values, seen } = app.store.get();
  const found = values?.[network.name];
  if (!found) return;
  const limit = network.limits[network.layers[at].name];
  const layers = network.layers.slice(at, at + 2).filter((layer, next) => next === 0 || layer.kind === "pool");
  maps.replaceChildren(
    figureOf(nameOf(seen, app.classes), pictureOf(seen.levels, MAP)),
    ...layers.map((layer, next) => mapFigure(layer, found[at + next].after, passport.index, limit)),
  );
}

function mapFigure(layer, values, filter, limit) {
  const map = channelOf(values, layer.to.channels, filter);
  const view = makeView(layer.name, layer.to, MAP);
  paintValues(view.canvas, map, limit);
  view.tell(`largest ${briefly(Math.max(...map))}`);
  return view.element;
}

// The garments that excite it most, and some from the middle; boxed is what it sees of them.
function examplesShown(app, network, at, { strongest, median }) {
  const rowOfExamples = (title, examples) => {
    const shown = examples.filter(({ index }) => app.shown.has(index));
    if (!shown.length) return null;
    const all = shown.map((example) => {
      const seen = seenBy(network, at, example.row, example.column);
      return exampleShown(app.shown.get(example.index), seen, example);
    });
    return make("div", {}, make("h4", {}, title), make("div", { class: "live-row" }, all));
  };
  return make(
    "div",
    { class: "live-row" },
    rowOfExamples("Test pictures that excite it most", strongest),
    rowOfExamples("Around the median", median),
  );
}

function exampleShown(levels, seen, { index, activation }) {
  const view = makeView(`test picture ${index}`, { height: SIDE, width: SIDE }, GARMENT);
  view.canvas.replaceWith(pictureOf(levels, GARMENT));
  view.frame("seen", seen);
  const patch = pictureOf(cutOut(levels, seen), SEEN, seen.width);
  view.tell(make("span", {}, patch, ` ${briefly(activation)}`));
  return view.element;
}

function selectivityShown(app, { selectivity }, measured) {
  const rows = app.classes.map((name, label) => {
    const value = selectivity[label];
    return value === null ? [name, "", "no pictures"] : [name, leaning(value), written(value, 2)];
  });
  const title = `How much more it answers to a class than to the others, −1 to 1 (${measured})`;
  return make("details", {}, make("summary", {}, "Classes"), tableOf(title, ["class", "as a bar", "as a number"], rows));
}

function leaning(value) {
  const kind = value < 0 ? "live-less" : "live-more";
  return barIn("-1 0 2 1", { x: Math.min(value, 0), width: Math.abs(value), height: 1, class: kind });
}

function stepsFromHere(app, network, layer, { index }) {
  const model = network.name;
  const here = { ...app.store.get(), model, layer, filter: index, held: false };
  const watch = make("a", { href: addressOfFocus(here, app.main) }, "See it at work on this picture");
  const off = action("Switch it off", () => app.switchOnly(layer, index));
  return make("p", { class: "live-row" }, watch, off);
}
