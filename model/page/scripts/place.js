// One filter at work, in large: what it reads, its map before and after its activation, and what pooling leaves.

import { paintLevels, paintValues } from "./canvas.js";
import { action, make } from "./elements.js";
import { addressOfFocus } from "./focus.js";
import { WORDS } from "./layers.js";
import { paintChannel, sizeOf } from "./maps.js";
import { channelOf, layerNamed, readBy, SIDE } from "./network.js";
import { briefly } from "./numbers.js";
import { sumsBox } from "./sums.js";
import { makeView } from "./view.js";
import { blockAt, seenBy, workings } from "./workings.js";

const ROOM = 264; // pixels of a view
const LESS = 220; // where the map that is read stands beside the others
const BLOCK = "; dotted, the block of which pooling leaves one number"; // one more frame, where pooling follows

// The views of the filter that is looked at, and the arithmetic of the place; both follow the store.
export function placeViews(app) {
  const [row, sums] = [make("div", { class: "live-row live-views" }), sumsBox()];
  const [title, frames] = [make("h3", {}), make("p", { class: "live-note" })];
  const back = action("To the maps of all filters", () => {
    app.document.querySelector("#one .live-layer").scrollIntoView();
  });
  const element = make("div", {}, make("div", { class: "live-large" }, title, row), frames, back, sums.element);
  let shown = null;
  const build = () => {
    const { model, layer, filter, values } = app.store.get();
    if (!values || layer === null) return;
    title.textContent = `Filter ${filter} of ${layer}, in large`;
    if (shown?.model !== model || shown.layer !== layer) {
      shown = { model, layer, ...viewsOf(app, app.networks[model], layerNamed(app.networks[model], layer)) };
      row.replaceChildren(...shown.all.map((view) => view.element));
      frames.textContent = `Frames: orange, what the number sees; green, the number${shown.pooled ? BLOCK : ""}.`;
    }
    paintViews(app, shown);
    move();
  };
  const move = () => {
    const { row: place, values, picture } = app.store.get();
    if (!shown || !values || place === null) return;
    showPlace(app, shown, sums);
    if (picture.index === null) element.removeAttribute("id");
    else element.id = addressOfFocus(app.store.get(), app.main).slice(1); // where its address leads
  };
  app.store.follow(["values", "model", "layer", "filter"], build);
  app.store.watch(["row", "column", "held"], move);
  return element;
}

function viewsOf(app, network, at) {
  const layer = network.layers[at];
  const after = network.layers[at + 1];
  const done = WORDS[layer.activation ?? "relu"];
  const toPlace = (row, column, how) => moved(app, row, column, how);
  const room = at === 0 ? ROOM : LESS;
  const garment = makeView("the picture", { height: SIDE, width: SIDE }, room);
  const reads = at === 0 ? null : makeView("the map it reads most from", layer.from, room);
  const before = makeView(`${layer.name} before ${done}, ${sizeOf(layer)}`, layer.to, room, toPlace);
  const map = makeView(`${layer.name} after ${done}`, layer.to, room, toPlace);
  const pooled =
    after?.kind === "pool" &&
    makeView(`${after.name}, ${sizeOf(after)}`, after.to, room, (row, column, how) => {
      const { values, model, filter } = app.store.get();
      const { top, left, width, winner } = blockAt(network, values[model], at + 1, filter, row, column);
      toPlace(top + Math.floor(winner / width), left + (winner % width), how);
    });
  const all = [garment, reads, before, map, pooled].filter(Boolean);
  return { at, garment, reads, before, map, pooled: pooled || null, all };
}

function moved(app, row, column, how) {
  const { held } = app.store.get();
  if (how === "release") app.look({ row, column, held: false });
  else if (how === "hold" || (how === "step" && held)) app.look({ row, column, held: true });
  else if (how === "step" || !held) app.store.set({ row, column });
}

function paintViews(app, { at, garment, before, map, pooled }) {
  const { seen, values, model, filter } = app.store.get();
  const network = app.networks[model];
  const [layer, found] = [network.layers[at], values[model]];
  const limit = network.limits[layer.name];
  paintLevels(garment.canvas, seen.levels);
  paintChannel(before, found[at].before, layer.to.channels, filter, limit);
  paintChannel(map, found[at].after, layer.to.channels, filter, limit);
  if (pooled) paintChannel(pooled, found[at + 1].after, layer.to.channels, filter, limit);
}

function showPlace(app, { at, garment, reads, before, map, pooled }, sums) {
  const { seen, values, model, filter, row, column, held } = app.store.get();
  const network = app.networks[model];
  const found = workings(network, seen.levels, values[model], { layer: at, filter, row, column });
  const box = seenBy(network, at, row, column);
  garment.frame("seen", box);
  const rows = `rows ${box.top} to ${box.top + box.height - 1}`;
  garment.tell(`it sees ${rows}, columns ${box.left} to ${box.left + box.width - 1}`);
  if (reads) showHeaviest(reads, network, readBy(network, seen.levels, values[model], at), at, found);
  for (const view of [before, map]) {
    view.frame("place", { top: row, left: column, height: 1, width: 1 });
    view.frame("block", found.block);
  }
  const { block } = found;
  if (pooled) pooled.frame("place", block && { top: block.row, left: block.column, height: 1, width: 1 });
  sums.show(network, at, { filter, row, column, held }, found);
}

function showHeaviest(view, network, maps, at, { slices, corner }) {
  const { from } = network.layers[at];
  const map = channelOf(maps, from.channels, slices[0].channel);
  paintValues(view.canvas, map, Math.max(...map.map(Math.abs)) || 1);
  view.frame("seen", corner);
  view.tell(`${network.layers[at - 1].name}, map ${slices[0].channel}, up to ${briefly(Math.max(...map))}`);
}
